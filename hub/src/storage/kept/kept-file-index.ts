/**
 * The file index: one JSON text, replaced as a whole before a call resolves. Changes that come while it is being
 * written share the next write. An index that can't be read is put aside, with a notice.
 */
import { FileId } from '@cokernel/proto/hub';
import { nanoid } from 'nanoid';
import { z } from 'zod';
import { messageOf } from '../../errors.js';
import type { FileIndex, FileTraits, IndexedNotebook } from '../../room/file-index.js';
import { FileIdentity } from '../../room/moved-file.js';
import type { NoticeListener } from '../embedded/notice.js';
import type { KeptText } from './kept-text.js';

const Traits = z.object({ identity: FileIdentity.nullable(), fileHash: z.string().nullable() });

const StoredNotebook = z.object({
  fileId: FileId,
  path: z.string().nullable(),
  traits: z.array(Traits).default([]),
  goneSince: z.string().nullable().default(null),
});

const StoredIndex = z.object({ version: z.literal(1), files: z.array(StoredNotebook) });

/** The file as it is, and as it was before or is about to be. */
const KEPT_TRAITS = 2;

export interface KeptFileIndexOptions {
  readonly text: KeptText;
  readonly onNotice: NoticeListener;
}

export class KeptFileIndex implements FileIndex {
  readonly #options: KeptFileIndexOptions;
  readonly #notebooks = new Map<FileId, IndexedNotebook>();
  readonly #ids = new Map<string, FileId>();
  #writing: Promise<void> = Promise.resolve();
  /** The write that waits for the one under way and will hold all changes made until it begins. */
  #next: Promise<void> | null = null;

  constructor(options: KeptFileIndexOptions) {
    this.#options = options;
  }

  async start(): Promise<void> {
    const text = await this.#options.text.read();
    if (text === null) return;
    try {
      const { files } = StoredIndex.parse(JSON.parse(text));
      for (const notebook of files) this.#put(notebook);
    } catch (error) {
      await this.#putAside(error);
    }
  }

  async idOf(path: string): Promise<FileId> {
    const known = this.#ids.get(path);
    if (known !== undefined) {
      await this.#stored();
      return known;
    }
    const fileId = FileId.parse(nanoid());
    this.#place(fileId, path);
    await this.#store();
    return fileId;
  }

  pathOf(fileId: FileId): string | null {
    return this.find(fileId)?.path ?? null;
  }

  idAt(path: string): FileId | null {
    return this.#ids.get(path) ?? null;
  }

  below(folder: string): readonly { readonly fileId: FileId; readonly path: string }[] {
    return [...this.#ids].filter(([path]) => path.startsWith(`${folder}/`)).map(([path, fileId]) => ({ fileId, path }));
  }

  all(): readonly IndexedNotebook[] {
    return [...this.#notebooks.values()];
  }

  find(fileId: FileId): IndexedNotebook | null {
    return this.#notebooks.get(fileId) ?? null;
  }

  knownAs(trait: string): readonly IndexedNotebook[] {
    const is = ({ identity, fileHash }: FileTraits): boolean => identity === trait || fileHash === trait;
    return this.all().filter(({ traits }) => traits.some(is));
  }

  async moved(fileId: FileId, path: string): Promise<void> {
    if (this.pathOf(fileId) === path) return;
    this.#place(fileId, path);
    await this.#store();
  }

  async seen(fileId: FileId, traits: FileTraits): Promise<void> {
    const known = this.find(fileId);
    if (known === null || (known.goneSince === null && isSame(known.traits[0], traits))) return;
    const others = known.traits.filter((former) => !isSame(former, traits));
    this.#put({ ...known, goneSince: null, traits: [traits, ...others].slice(0, KEPT_TRAITS) });
    await this.#store();
  }

  async gone(fileId: FileId, since: string | null): Promise<void> {
    const known = this.find(fileId);
    if (known === null || known.goneSince === since) return;
    this.#put({ ...known, goneSince: since });
    await this.#store();
  }

  async forget(fileIds: readonly FileId[]): Promise<void> {
    for (const fileId of fileIds) {
      const path = this.pathOf(fileId);
      if (path !== null) this.#ids.delete(path);
      this.#notebooks.delete(fileId);
    }
    await this.#store();
  }

  /** A file that stood at the place before is gone from there: its id has no path any more. */
  #place(fileId: FileId, path: string): void {
    const former = this.find(this.#ids.get(path) ?? fileId);
    if (former !== null && former.fileId !== fileId) this.#put({ ...former, path: null });
    const known = this.find(fileId) ?? { fileId, traits: [] };
    this.#put({ ...known, path, goneSince: null });
  }

  #put(notebook: IndexedNotebook): void {
    const left = this.pathOf(notebook.fileId);
    if (left !== null) this.#ids.delete(left);
    this.#notebooks.set(notebook.fileId, notebook);
    if (notebook.path !== null) this.#ids.set(notebook.path, notebook.fileId);
  }

  /** It may be on its way for another caller; what did not get there is tried again. */
  #stored(): Promise<void> {
    return this.#next ?? this.#writing.catch(() => this.#store());
  }

  #store(): Promise<void> {
    this.#next ??= this.#writing.then(
      () => this.#write(),
      // That failure was told to its own callers; this write holds their changes too.
      () => this.#write(),
    );
    return this.#next;
  }

  async #write(): Promise<void> {
    this.#writing = this.#next ?? Promise.resolve();
    this.#next = null;
    await this.#options.text.write(`${JSON.stringify({ version: 1, files: this.all() }, null, 1)}\n`);
  }

  async #putAside(error: unknown): Promise<void> {
    const aside = await this.#options.text.putAside();
    this.#options.onNotice({
      level: 'error',
      code: 'fileIndexRebuilt',
      message:
        `The index of notebooks could not be read (${messageOf(error)}) and begins anew: notebooks are loaded from their files. ` +
        `The old index was kept as ${aside}.`,
    });
  }
}

function isSame(a: FileTraits | undefined, b: FileTraits): boolean {
  return a?.identity === b.identity && a.fileHash === b.fileHash;
}
