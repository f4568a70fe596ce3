/** Notebooks read from their files and written to them: what is in the file, within which limits, and what it may not become. */
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { execFileSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { chmod, mkdir, readFile, readdir, rename, stat, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import * as Y from 'yjs';
import { TextId } from '@cokernel/proto/hub';
import { STORED_MIME, makeNotebook, storedReferences, writeNotebook, type Notebook } from '@cokernel/proto/notebook';
import type { NotebookFiles, SaveLimits } from '../../src/room/notebook-files.js';
import { notebookFilesContract } from '../contracts/notebook-files-contract.js';
import { SAVE_LIMITS, notebookFilesIn } from '../support/notebook-files.js';
import {
  NOTHING_KNOWN,
  NotebookPlace,
  display,
  hashOf,
  stateOf,
  stream,
  withOutputs,
} from '../support/notebook-place.js';

const TSX = pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href;
const PROGRAM = fileURLToPath(new URL('../support/save-four-megabytes.ts', import.meta.url));

let place: NotebookPlace;
let files: NotebookFiles;

beforeEach(async () => {
  place = await NotebookPlace.make();
  files = filesWith(SAVE_LIMITS);
});

afterEach(() => place.remove());

function filesWith(limits: SaveLimits): NotebookFiles {
  return notebookFilesIn(place.outputsFolder, limits);
}

async function piecesOf(notebook: Notebook, readable: ReturnType<typeof storedReferences>): Promise<Uint8Array[]> {
  const pieces: Uint8Array[] = [];
  const onPiece = (piece: Uint8Array): Promise<void> => {
    pieces.push(piece);
    return Promise.resolve();
  };
  await files.send({ notebook, readable, onPiece });
  return pieces;
}

notebookFilesContract(() => ({ place, files }));

describe('a document', () => {
  test('is sent as its file would be, with what it may have of what is outside, piece by piece', async () => {
    const [plot, secret] = [Buffer.alloc(2_000_000, 7), Buffer.alloc(90_000, 1)];
    const notebook = withOutputs(display({ 'image/png': plot.toString('base64') }), stream('line\n'.repeat(100_000)));
    await writeFile(place.file, writeNotebook(notebook));
    const opened = await place.read(files);
    const readable = storedReferences(opened.notebook.cells);
    const pieces = await piecesOf(opened.notebook, readable);
    expect(pieces.length).toBeGreaterThan(2);
    expect(Buffer.concat(pieces).toString()).toBe(writeNotebook(notebook));

    const named = { 'image/png': { sha256: await place.put(secret), bytes: 90_000 } };
    const foreign = withOutputs(display({ 'text/plain': 'a secret', [STORED_MIME]: named }));
    const text = Buffer.concat(await piecesOf(foreign, readable)).toString();
    expect(text).not.toContain(STORED_MIME);
    expect(outputsIn(text)).toMatchObject([{ metadata: { cokernel: { stored: named } } }]);
  });

  test('is sent no further when who takes it has left', async () => {
    const notebook = withOutputs(stream('line\n'.repeat(300_000)));
    const left = files.send({ notebook, readable: [], onPiece: () => Promise.reject(new Error('gone')) });
    await expect(left).rejects.toThrow('gone');
  });

  test('[X1] that has no content at all never takes the place of a file', async () => {
    const former = writeNotebook(withOutputs());
    await writeFile(place.file, former);
    const empty = { absolute: place.file, state: Y.encodeStateAsUpdate(new Y.Doc()), saved: NOTHING_KNOWN };
    await expect(files.write({ ...empty, onDraft: () => Promise.resolve() })).rejects.toThrow('the document is empty');
    expect(await place.text()).toBe(former);
  });
});

describe('a large output', () => {
  test('beyond the limits has its ends, a mark and its hash, and is found again by that', async () => {
    files = filesWith({ output: 100_000, file: 100_000_000 });
    const lines = `first\n${'line\n'.repeat(100_000)}last\n`;
    const png = Buffer.alloc(200_000, 1).toString('base64');
    const notebook = withOutputs(display({ 'image/png': png }), stream(lines), display({ 'text/plain': lines }));
    await writeFile(place.file, writeNotebook(notebook));
    const opened = await place.read(files);
    await place.write(files, opened.notebook);
    const mark = `Cokernel keeps its 500,011 bytes as sha256 ${hashOf(lines)} ⋯`;
    const [plot, printed, shown] = outputsIn(await place.text());
    expect(plot).toMatchObject({ metadata: { cokernel: { stored: { 'image/png': { bytes: 200_000 } } } } });
    for (const output of [printed, shown]) {
      const cut = JSON.stringify(output);
      expect([cut.includes(mark), cut.includes('first\\n'), cut.includes('last\\n')]).toEqual([true, true, true]);
      expect(cut.length).toBeLessThan(1_000_000);
    }
    expect(await place.text()).not.toContain(STORED_MIME);
    expect(await place.text()).not.toContain('transient');

    const again = await place.read(files);
    files = filesWith(SAVE_LIMITS);
    await place.write(files, again.notebook);
    expect(await place.text()).toBe(writeNotebook(notebook));
  });

  test('for which the file has no room any more is named in it', async () => {
    files = filesWith({ output: 150_000, file: 300_000 });
    const plots = [1, 2, 3].map((fill) => display({ 'image/png': Buffer.alloc(90_000, fill).toString('base64') }));
    await writeFile(place.file, writeNotebook(withOutputs(...plots)));
    const opened = await place.read(files);
    await place.write(files, opened.notebook);
    expect(outputsIn(await place.text()).map((output) => 'cokernel' in output.metadata)).toEqual([false, false, true]);
  });

  test('that is gone from the store is named in the file', async () => {
    await writeFile(
      place.file,
      writeNotebook(withOutputs(display({ 'image/png': Buffer.alloc(90_000, 7).toString('base64') }))),
    );
    const opened = await place.read(files);
    await rename(place.outputsFolder, `${place.outputsFolder}-gone`);
    await place.write(files, opened.notebook);
    expect(await place.text()).toContain('⋯ image/png: Cokernel keeps its 90,000 bytes as sha256 ');
  });

  test('that still grows is there as far as it has come', async () => {
    const stored = { id: TextId.parse('run.1'), sha256: null, bytes: 8, gap: { from: 0, to: 0 } };
    await mkdir(path.join(place.outputsFolder, 'texts'), { recursive: true });
    await writeFile(path.join(place.outputsFolder, 'texts', 'run%2E1'), 'one\ntwo\nthr');
    await place.write(files, withOutputs({ output_type: 'stream', name: 'stdout', text: '', stored }));
    expect(await place.text()).toBe(
      (await place.text()).replace(/"text": \[[^\]]*\]/, '"text": [\n      "one\\n",\n      "two\\n"\n     ]'),
    );
  });

  test('of outputs that are only counted in the document is all of them', async () => {
    const hidden = [stream('a\n'), stream('b\n'), display({ 'text/plain': 'x' })];
    const lines = hidden.map((output) => JSON.stringify(output) + '\n').join('');
    const sha256 = await place.put(Buffer.from(lines));
    const stored = { id: TextId.parse('t'), sha256, bytes: lines.length, gap: { from: 0, to: 0 }, outputs: 3 };
    const notebook = withOutputs({ output_type: 'stream', name: 'stderr', text: '3 more', stored });
    await place.write(files, notebook);
    const [cell] = notebook.cells;
    if (cell?.cell_type !== 'code') throw new Error('it is a code cell');
    const whole = { ...notebook, cells: [{ ...cell, outputs: [stream('a\nb\n'), display({ 'text/plain': 'x' })] }] };
    expect(await place.text()).toBe(writeNotebook(whole));
  });
});

describe('the file', () => {
  // Node lets such a write fail, as on a full disk; the limit holds for one process.
  test('[X2] that does not fit on the disk stays as it was, and it is said why', async () => {
    await place.write(files, withOutputs(stream('former')));
    const former = await place.text();
    const said = execFileSync(
      'sh',
      ['-c', `ulimit -f 1024; exec "$0" --import "$1" "$2" "$3"`, process.execPath, TSX, PROGRAM, place.file],
      {
        encoding: 'utf8',
        env: { ...process.env, NODE_OPTIONS: '' },
      },
    );
    expect(said).toContain('the file would be larger than files may be here');
    expect(await place.text()).toBe(former);
    expect(await readdir(place.served)).toEqual(['a.ipynb']);
  });

  const notebook = withOutputs(stream('x'));

  test('keeps its rights, and a link to it stays a link', async () => {
    const real = path.join(place.served, 'real.ipynb');
    await writeFile(real, '');
    await chmod(real, 0o640);
    await symlink(real, place.file);
    await place.write(files, notebook);
    expect((await stat(real)).mode & 0o777).toBe(0o640);
    expect(await readFile(real, 'utf8')).toBe(writeNotebook(notebook));
    expect(await readdir(place.served)).toEqual(['a.ipynb', 'real.ipynb']);
  });

  test('[X3] that somebody else has written is not touched', async () => {
    await writeFile(place.file, 'theirs');
    const saved = { fileHash: hashOf('ours'), documentHash: '', base: '' };
    expect(await place.write(files, notebook, saved)).toEqual({ outcome: 'foreign', fileHash: hashOf('theirs') });
    expect(await place.text()).toBe('theirs');
    expect(await readdir(place.served)).toEqual(['a.ipynb']);
  });

  test('[X3] that somebody else writes at the last moment is not touched, and the draft is withdrawn while it is there', async () => {
    await writeFile(place.file, 'former');
    const told: (boolean | null)[] = [];
    const outcome = await files.write({
      absolute: place.file,
      state: stateOf(notebook),
      saved: await place.known(),
      onDraft: async (draft) => {
        if (draft !== null) await writeFile(place.file, 'theirs');
        told.push(draft === null ? (await readdir(place.served)).length === 2 : null);
      },
    });
    expect(outcome).toEqual({ outcome: 'foreign', fileHash: hashOf('theirs') });
    expect(told).toEqual([null, true]);
    expect(await readdir(place.served)).toEqual(['a.ipynb']);
  });

  test('is announced with its hash before it takes the place', async () => {
    await writeFile(place.file, 'former');
    const seen: string[] = [];
    const outcome = await files.write({
      absolute: place.file,
      state: stateOf(notebook),
      saved: await place.known(),
      onDraft: async (draft) => {
        seen.push(draft?.saved.fileHash ?? '', await place.text());
      },
    });
    expect(seen).toEqual([hashOf(writeNotebook(notebook)), 'former']);
    expect(outcome).toMatchObject({ saved: { fileHash: seen[0] } });
  });

  test('stays as it was when the announcement fails', async () => {
    await writeFile(place.file, 'former');
    const failing = { absolute: place.file, state: stateOf(notebook), saved: await place.known() };
    const failed = files.write({
      ...failing,
      onDraft: () => Promise.reject(new Error('the log is gone')),
    });
    await expect(failed).rejects.toThrow('the log is gone');
    expect(await place.text()).toBe('former');
    expect(await readdir(place.served)).toEqual(['a.ipynb']);
  });

  test('that is no notebook is refused with the place of the fault', async () => {
    await writeFile(place.file, '{\n"cells": [,]}');
    await expect(place.read(files)).rejects.toMatchObject({ name: 'NotebookFormatError', line: 2 });
  });

  test.each(['', ' \n\t'])('that is empty (%j) is a new notebook', async (content) => {
    await writeFile(place.file, content);
    expect((await place.read(files)).notebook.cells).toHaveLength(makeNotebook().cells.length);
  });

  test('that is missing is a new notebook of which nothing is known', async () => {
    expect((await place.read(files)).saved.fileHash).toBeNull();
  });
});

function outputsIn(content: string): readonly { readonly metadata: Readonly<Record<string, unknown>> }[] {
  const { cells } = JSON.parse(content) as { cells: { outputs: { metadata: Record<string, unknown> }[] }[] };
  return cells[0]?.outputs ?? [];
}
