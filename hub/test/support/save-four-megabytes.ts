/** A program that saves a notebook of 4 MB to the file of its argument, and says how that went. */
import { hashOfFile } from '../../src/room/notebook-file.js';
import { notebookFilesIn } from './notebook-files.js';
import { NOTHING_KNOWN, stateOf, stream, withOutputs } from './notebook-place.js';

const absolute = process.argv[2] ?? '';
const saved = { ...NOTHING_KNOWN, fileHash: await hashOfFile(absolute) };
const state = stateOf(withOutputs(stream('x'.repeat(4_000_000))));
try {
  const { outcome } = await notebookFilesIn('').write({ absolute, state, saved, onDraft: () => Promise.resolve() });
  process.stdout.write(outcome);
} catch (error) {
  process.stdout.write(error instanceof Error ? error.message : 'it failed');
}
