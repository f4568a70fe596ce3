/** What all NotebookFiles must do, whichever thread they work in. */
import { describe, expect, test } from '@jest/globals';
import { readdir, writeFile } from 'node:fs/promises';
import { STORED_MIME, writeNotebook } from '@cokernel/proto/notebook';
import type { NotebookFiles } from '../../src/room/notebook-files.js';
import { type NotebookPlace, display, hashOf, stream, withOutputs } from '../support/notebook-place.js';

/** `current`: where the test's notebook lies, and what reads and writes it. */
export function notebookFilesContract(
  current: () => { readonly place: NotebookPlace; readonly files: NotebookFiles },
): void {
  describe('a document', () => {
    test('is written as it is, and not again when it has not changed', async () => {
      const { place, files } = current();
      const notebook = withOutputs(stream('one\n'));
      const outcome = await place.write(files, notebook);
      expect(await place.text()).toBe(writeNotebook(notebook));
      expect(outcome).toMatchObject({ outcome: 'written', saved: { fileHash: hashOf(await place.text()) } });
      if (outcome.outcome !== 'written') throw new Error('it was written');
      expect(await place.write(files, notebook, outcome.saved)).toEqual({ outcome: 'unchanged' });
      expect(await readdir(place.served)).toEqual(['a.ipynb']);
    });

    test('comes back from its file with what is large outside, and its file has all of it', async () => {
      const { place, files } = current();
      const notebook = withOutputs(
        display({ 'image/png': Buffer.alloc(200_000, 7).toString('base64'), 'text/plain': 'plot' }),
        stream('line\n'.repeat(100_000)),
      );
      await writeFile(place.file, writeNotebook(notebook));
      const opened = await place.read(files);
      expect(opened.outside).toBe(2);
      expect(JSON.stringify(opened.notebook).length).toBeLessThan(400_000);
      expect(JSON.stringify(opened.notebook)).toContain(STORED_MIME);
      await place.write(files, opened.notebook);
      expect(await place.text()).toBe(writeNotebook(notebook));
    });
  });
}
