/** Notebooks read and written in a thread of their own: what is in the file, and what happens when it can't be written. */
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { createHash } from 'node:crypto';
import { chmod, mkdir, readFile, readdir, rename, stat, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import * as Y from 'yjs';
import { ContentHash, TextId } from '@cokernel/proto/hub';
import {
  STORED_MIME,
  fillDocument,
  makeCodeCell,
  makeNotebook,
  readDocument,
  writeNotebook,
  type Notebook,
  type Output,
} from '@cokernel/proto/notebook';
import type { SaveLimits, SavedState, WriteOutcome } from '../../src/room/notebook-files.js';
import { SaveThread } from '../../src/save-worker/save-thread.js';
import { SAVE_LIMITS } from '../support/notebook-files.js';
import { type ScratchFolder, scratchFolder } from '../support/scratch-folder.js';

const NOTHING: SavedState = { fileHash: null, documentHash: '' };

let scratch: ScratchFolder;
let outputsFolder: string;
let file: string;
let thread: SaveThread;
let died: string[];

beforeEach(async () => {
  scratch = await scratchFolder();
  outputsFolder = path.join(scratch.path, 'outputs');
  await mkdir(path.join(scratch.path, 'served'));
  file = path.join(scratch.path, 'served', 'a.ipynb');
  died = [];
  thread = threadWith(SAVE_LIMITS);
}, 60_000);

afterEach(async () => {
  await thread.close();
  await scratch.remove();
});

function threadWith(limits: SaveLimits): SaveThread {
  return new SaveThread({ outputsFolder, limits, onDied: (reason) => died.push(reason) });
}

function stateOf(notebook: Notebook): Uint8Array {
  const doc = new Y.Doc();
  fillDocument(doc, notebook);
  return Y.encodeStateAsUpdate(doc);
}

function write(notebook: Notebook, saved = NOTHING): Promise<WriteOutcome> {
  return thread.write({ absolute: file, state: stateOf(notebook), saved, onDraft: () => Promise.resolve() });
}

/** As the output store keeps it. */
async function put(bytes: Uint8Array): Promise<ContentHash> {
  const hash = ContentHash.parse(createHash('sha256').update(bytes).digest('hex'));
  const folder = path.join(outputsFolder, hash.slice(0, 2));
  await mkdir(folder, { recursive: true });
  await writeFile(path.join(folder, hash), bytes);
  return hash;
}

async function read(): Promise<{ readonly notebook: Notebook; readonly saved: SavedState; readonly outside: number }> {
  const { state, saved, outside } = await thread.read({ absolute: file, clientId: 7, put });
  const doc = new Y.Doc();
  Y.applyUpdate(doc, state);
  return { notebook: readDocument(doc), saved, outside: outside.length };
}

const withOutputs = (...outputs: Output[]): Notebook => makeNotebook([{ ...makeCodeCell('1'), outputs }]);
const display = (data: Record<string, string>): Output => ({ output_type: 'display_data', data, metadata: {} });
const stream = (text: string): Output => ({ output_type: 'stream', name: 'stdout', text });
const text = (): Promise<string> => readFile(file, 'utf8');

describe('a document', () => {
  test('is written as it is, and not again when it has not changed', async () => {
    const notebook = withOutputs(stream('one\n'));
    const outcome = await write(notebook);
    expect(await text()).toBe(writeNotebook(notebook));
    expect(outcome).toMatchObject({ outcome: 'written', saved: { fileHash: hashOf(await text()) } });
    if (outcome.outcome !== 'written') throw new Error('it was written');
    expect(await write(notebook, outcome.saved)).toEqual({ outcome: 'unchanged' });
    expect(await readdir(path.dirname(file))).toEqual(['a.ipynb']);
  });

  test('comes back from its file with what is large outside, and its file has all of it', async () => {
    const notebook = withOutputs(
      display({ 'image/png': Buffer.alloc(200_000, 7).toString('base64'), 'text/plain': 'plot' }),
      stream('line\n'.repeat(100_000)),
    );
    await writeFile(file, writeNotebook(notebook));
    const opened = await read();
    expect(opened.outside).toBe(2);
    expect(JSON.stringify(opened.notebook).length).toBeLessThan(400_000);
    expect(JSON.stringify(opened.notebook)).toContain(STORED_MIME);
    await write(opened.notebook, { ...opened.saved, documentHash: '' });
    expect(await text()).toBe(writeNotebook(notebook));
  });

  test('that has no content at all never takes the place of a file [X1]', async () => {
    const former = writeNotebook(withOutputs());
    await writeFile(file, former);
    const empty = { absolute: file, state: Y.encodeStateAsUpdate(new Y.Doc()), saved: NOTHING };
    await expect(thread.write({ ...empty, onDraft: () => Promise.resolve() })).rejects.toThrow('the document is empty');
    expect(await text()).toBe(former);
  });
});

function hashOf(content: string): string {
  return createHash('sha256').update(content).digest('hex');
}
