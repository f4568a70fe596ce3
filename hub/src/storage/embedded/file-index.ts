/**
 * The file index: one JSON file, replaced as a whole and synced before a call resolves. Changes that come while it is
 * being written share the next write. An index that can't be read is put aside, with a notice.
 */
import { randomUUID } from 'node:crypto';
import { mkdir, rename } from 'node:fs/promises';
import { dirname } from 'node:path';
import { FileId } from '@cokernel/proto/hub';
import { nanoid } from 'nanoid';
import writeFileAtomic from 'write-file-atomic';
import { z } from 'zod';
import type { FileIndex } from '../../room/file-index.js';
import { ownerOnly, ownerOnlyFolder, readIfThere, syncFolder } from './durable-files.js';
import type { NoticeListener } from './notice.js';

const StoredIndex = z.object({ version: z.literal(1), files: z.array(z.object({ fileId: FileId, path: z.string() })) });

export interface EmbeddedFileIndexOptions {
  /** The index itself; made when missing. */
  readonly path: string;
  readonly onNotice: NoticeListener;
}

export class EmbeddedFileIndex implements FileIndex {
  readonly #options: EmbeddedFileIndexOptions;
  readonly #paths = new Map<FileId, string>();
  readonly #ids = new Map<string, FileId>();
  #writing: Promise<void> = Promise.resolve();
  /** The write that waits for the one under way and will hold all changes made until it begins. */
  #next: Promise<void> | null = null;

  constructor(options: EmbeddedFileIndexOptions) {
    this.#options = options;
  }

  async start(): Promise<void> {
    await mkdir(dirname(this.#options.path), { recursive: true, mode: ownerOnlyFolder });
    const file = await readIfThere(this.#options.path);
    if (file === null) return;
    try {
      const { files } = StoredIndex.parse(JSON.parse(file.toString('utf8')));
      for (const { fileId, path } of files) this.#place(fileId, path);
    } catch (error) {
      await this.#putAside(error);
    }
  }

  async idOf(path: string): Promise<FileId> {
    const known = this.#ids.get(path);
    if (known !== undefined) {
      // It may be on its way to the disk for another caller.
      await (this.#next ?? this.#writing);
      return known;
    }
    const fileId = FileId.parse(nanoid());
    this.#place(fileId, path);
    await this.#store();
    return fileId;
  }

  pathOf(fileId: FileId): string | null {
    return this.#paths.get(fileId) ?? null;
  }

  idAt(path: string): FileId | null {
    return this.#ids.get(path) ?? null;
  }

  below(folder: string): readonly { readonly fileId: FileId; readonly path: string }[] {
    return [...this.#paths]
      .filter(([, path]) => path.startsWith(`${folder}/`))
      .map(([fileId, path]) => ({ fileId, path }));
  }

  async moved(fileId: FileId, path: string): Promise<void> {
    if (this.#paths.get(fileId) === path) return;
    this.#place(fileId, path);
    await this.#store();
  }

  /** A file that stood at the place before is gone: its id has no path any more. */
  #place(fileId: FileId, path: string): void {
    const former = this.#ids.get(path);
    if (former !== undefined) this.#paths.delete(former);
    const left = this.#paths.get(fileId);
    if (left !== undefined) this.#ids.delete(left);
    this.#paths.set(fileId, path);
    this.#ids.set(path, fileId);
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
    const files = [...this.#paths].map(([fileId, path]) => ({ fileId, path }));
    const text = `${JSON.stringify({ version: 1, files }, null, 1)}\n`;
    await writeFileAtomic(this.#options.path, text, { mode: ownerOnly });
    await syncFolder(dirname(this.#options.path));
  }

  async #putAside(error: unknown): Promise<void> {
    const aside = `${this.#options.path}.damaged-${randomUUID()}`;
    await rename(this.#options.path, aside);
    const cause = error instanceof Error ? error.message : String(error);
    this.#options.onNotice({
      level: 'error',
      code: 'fileIndexRebuilt',
      message:
        `The index of notebooks could not be read (${cause}) and begins anew: notebooks are loaded from their files. ` +
        `The old index was kept as ${aside}.`,
    });
  }
}
