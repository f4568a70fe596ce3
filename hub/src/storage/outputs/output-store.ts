/**
 * The outputs, the growing texts and who refers to them, under one folder:
 *
 *     <aa>/<SHA-256>     an output, complete; its first two digits are its folder
 *     texts/<id>         a text, as far as it has come; when it is complete, a second name of its output
 *     references.log     who refers to what (reference-log.ts)
 *     drafts/            what is being written; nothing of a former life counts
 */
import { mkdir, readdir, rm, unlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { ContentHash, type FileId, TextId } from '@cokernel/proto/hub';
import { mustHold, ofOneHub, type Right } from '../../right.js';
import type { GrowingText, OutputStore, Reference, StoredBytes } from '../../run/output-store.js';
import { ownerOnlyFolder, syncFolder } from '../embedded/durable-files.js';
import type { NoticeListener } from '../embedded/notice.js';
import { StepLine } from '../step-line.js';
import { FileBytes, fileBytes, statIfThere } from './file-bytes.js';
import { OutputFiles } from './output-files.js';
import { textPath } from './output-paths.js';
import { ReferenceLog } from './reference-log.js';
import type { References, Target } from './references.js';
import { TextFile } from './text-file.js';

export interface FileOutputStoreOptions {
  /** Made when missing. */
  readonly folder: string;
  /** To write there, but for outputs, which spoil nothing: they are what their names say. Default: of one hub. */
  readonly right?: Right;
  readonly onNotice: NoticeListener;
  readonly now: () => Date;
  /** As the log of references means it. */
  readonly rewriteFromBytes?: number;
}

export class FileOutputStore implements OutputStore {
  readonly #options: FileOutputStoreOptions;
  readonly #right: Right;
  readonly #drafts: string;
  readonly #texts: string;
  readonly #files: OutputFiles;
  readonly #log: ReferenceLog;
  readonly #line = new StepLine();
  readonly #growing = new Map<TextId, TextFile>();
  #closed = false;

  constructor(options: FileOutputStoreOptions) {
    const { folder, right = ofOneHub, onNotice, now, rewriteFromBytes } = options;
    this.#options = options;
    this.#right = right;
    this.#drafts = join(folder, 'drafts');
    this.#texts = join(folder, 'texts');
    this.#files = new OutputFiles({ folder, drafts: this.#drafts, now });
    this.#log = new ReferenceLog({ path: join(folder, 'references.log'), rewriteFromBytes, right, onNotice, now });
  }

  async start(): Promise<void> {
    mustHold(this.#right);
    await rm(this.#drafts, { recursive: true, force: true });
    for (const folder of [this.#drafts, this.#texts]) await mkdir(folder, { recursive: true, mode: ownerOnlyFolder });
    // Of a file that is durable the way to it must be, too.
    for (const folder of [this.#options.folder, dirname(this.#options.folder)]) await syncFolder(folder);
    await this.#log.start();
  }

  put(bytes: Uint8Array): Promise<ContentHash> {
    return this.#closed ? closed() : this.#files.put(bytes);
  }

  get(hash: ContentHash): Promise<StoredBytes | null> {
    return fileBytes(this.#files.path(hash));
  }

  grow(id: TextId, size: number): Promise<GrowingText> {
    if (this.#closed) return closed();
    return this.#line.pass(id, async () => {
      await this.#growing.get(id)?.close();
      mustHold(this.#right);
      const text = new TextFile({
        id,
        path: this.#textPath(id),
        drafts: this.#drafts,
        right: this.#right,
        adopt: (path, hash) => this.#files.adopt(path, hash),
        onClosed: (one) => {
          if (this.#growing.get(id) === one) this.#growing.delete(id);
        },
      });
      await text.start(size);
      this.#growing.set(id, text);
      return text;
    });
  }

  async text(id: TextId): Promise<StoredBytes | null> {
    const growing = this.#growing.get(id);
    if (growing === undefined) return fileBytes(this.#textPath(id));
    const { size } = growing;
    await growing.durable();
    return new FileBytes(this.#textPath(id), size);
  }

  refer(by: Reference, to: readonly Target[]): Promise<void> {
    if (this.#closed) return closed();
    return this.#log.write(this.#references.adding(by, to, this.#nowMs()));
  }

  setReferences(by: Reference, to: readonly Target[]): Promise<void> {
    if (this.#closed) return closed();
    return this.#log.write(this.#references.replacing(by, to, this.#nowMs()));
  }

  references(): Promise<readonly Reference[]> {
    return Promise.resolve(this.#references.holders());
  }

  isReferred(fileId: FileId, to: Target): Promise<boolean> {
    return Promise.resolve(this.#references.isReferred(fileId, to));
  }

  async sweep(before: Date): Promise<{ readonly removed: number; readonly bytes: number }> {
    const beforeMs = before.getTime();
    let removed = 0;
    let bytes = 0;
    if (this.#closed || this.#log.since >= beforeMs) return { removed, bytes };
    for await (const { target, path, alone } of this.#all()) {
      if (!this.#references.isFree(target, beforeMs)) continue;
      const freed = await alone(() => this.#remove(target, path, beforeMs));
      if (freed === null) continue;
      removed += 1;
      bytes += freed;
    }
    await this.#log.write({ forgetLetGoBefore: beforeMs });
    return { removed, bytes };
  }

  async close(): Promise<void> {
    this.#closed = true;
    await Promise.all([this.#line.idle(), this.#files.idle()]);
    await Promise.allSettled([...this.#growing.values()].map((text) => text.close()));
    await this.#log.close();
  }

  get #references(): References {
    return this.#log.references;
  }

  /** The bytes that the disk has more; null when it has to stay. What was put or let go since is found here. */
  async #remove(target: Target, path: string, beforeMs: number): Promise<number | null> {
    const found = await statIfThere(path);
    if (found === null || found.mtimeMs >= beforeMs || !this.#references.isFree(target, beforeMs)) return null;
    mustHold(this.#right);
    await unlink(path);
    return found.nlink > 1 ? 0 : found.size;
  }

  /** All outputs and texts but those that grow. `alone` lets nobody else at it meanwhile. */
  async *#all(): AsyncGenerator<Stored> {
    for (const folder of await readdir(this.#options.folder)) {
      if (!/^[0-9a-f]{2}$/.test(folder)) continue;
      for (const name of await readdir(join(this.#options.folder, folder))) {
        const hash = ContentHash.safeParse(name).data;
        if (hash === undefined) continue;
        yield { target: hash, path: this.#files.path(hash), alone: (step) => this.#files.alone(hash, step) };
      }
    }
    for (const name of await readdir(this.#texts)) {
      const id = TextId.safeParse(decodeURIComponent(name)).data;
      if (id === undefined) continue;
      const alone: Stored['alone'] = (step) =>
        this.#line.pass(id, () => (this.#growing.has(id) ? Promise.resolve(null) : step()));
      yield { target: id, path: this.#textPath(id), alone };
    }
  }

  #textPath(id: TextId): string {
    return textPath(this.#options.folder, id);
  }

  #nowMs(): number {
    return this.#options.now().getTime();
  }
}

interface Stored {
  readonly target: Target;
  readonly path: string;
  readonly alone: (step: () => Promise<number | null>) => Promise<number | null>;
}

function closed(): Promise<never> {
  return Promise.reject(new Error('The store of outputs is closed.'));
}
