/** A served folder with one notebook file, beside an output store's folder, for tests of NotebookFiles. */
import { createHash } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import * as Y from 'yjs';
import { ContentHash } from '@cokernel/proto/hub';
import {
  type JsonValue,
  fillDocument,
  makeCodeCell,
  makeNotebook,
  readDocument,
  type Notebook,
  type Output,
} from '@cokernel/proto/notebook';
import type { NotebookFiles, SavedState, WriteOutcome } from '../../src/room/notebook-files.js';
import { type ScratchFolder, scratchFolder } from './scratch-folder.js';

export const NOTHING_KNOWN: SavedState = { fileHash: null, documentHash: '', base: '' };

export interface Opened {
  readonly notebook: Notebook;
  readonly saved: SavedState;
  /** How many things lie outside. */
  readonly outside: number;
}

export class NotebookPlace {
  private constructor(
    private readonly scratch: ScratchFolder,
    readonly outputsFolder: string,
    readonly served: string,
    readonly file: string,
  ) {}

  static async make(): Promise<NotebookPlace> {
    const scratch = await scratchFolder();
    const served = path.join(scratch.path, 'served');
    await mkdir(served);
    return new NotebookPlace(scratch, path.join(scratch.path, 'outputs'), served, path.join(served, 'a.ipynb'));
  }

  remove(): Promise<void> {
    return this.scratch.remove();
  }

  text(): Promise<string> {
    return readFile(this.file, 'utf8');
  }

  /** As if the file were known as it stands there. */
  async known(): Promise<SavedState> {
    return { ...NOTHING_KNOWN, fileHash: await this.text().then(hashOf, () => null) };
  }

  async write(files: NotebookFiles, notebook: Notebook, saved?: SavedState): Promise<WriteOutcome> {
    return files.write({
      absolute: this.file,
      state: stateOf(notebook),
      saved: saved ?? (await this.known()),
      onDraft: () => Promise.resolve(),
    });
  }

  async read(files: NotebookFiles): Promise<Opened> {
    const put = (bytes: Uint8Array): Promise<ContentHash> => this.put(bytes);
    const { state, saved, outside } = await files.read({ absolute: this.file, clientId: 7, put });
    const doc = new Y.Doc();
    Y.applyUpdate(doc, state);
    return { notebook: readDocument(doc), saved, outside: outside.length };
  }

  /** As the output store keeps it. */
  async put(bytes: Uint8Array): Promise<ContentHash> {
    const hash = ContentHash.parse(createHash('sha256').update(bytes).digest('hex'));
    const folder = path.join(this.outputsFolder, hash.slice(0, 2));
    await mkdir(folder, { recursive: true });
    await writeFile(path.join(folder, hash), bytes);
    return hash;
  }
}

export function stateOf(notebook: Notebook): Uint8Array {
  const doc = new Y.Doc();
  fillDocument(doc, notebook);
  return Y.encodeStateAsUpdate(doc);
}

export function hashOf(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

export const withOutputs = (...outputs: Output[]): Notebook => makeNotebook([{ ...makeCodeCell('1'), outputs }]);

export const display = (data: Record<string, JsonValue>): Output => ({
  output_type: 'display_data',
  data,
  metadata: {},
});

export const stream = (text: string): Output => ({ output_type: 'stream', name: 'stdout', text });
