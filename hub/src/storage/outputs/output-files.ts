/**
 * The outputs' files: `<first two digits>/<SHA-256>`. A file has its name only when all of it is on the disk: it is
 * written beside the others, synced, and named in one step.
 */
import { createHash, randomUUID } from 'node:crypto';
import { copyFile, link, mkdir, open, rename, rm, utimes } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { ContentHash } from '@cokernel/proto/hub';
import { ownerOnly, ownerOnlyFolder, syncFolder, writeAll } from '../embedded/durable-files.js';
import { StepLine } from '../step-line.js';
import { statIfThere } from './file-bytes.js';
import { outputPath } from './output-paths.js';

export interface OutputFilesOptions {
  /** There. */
  readonly folder: string;
  /** There, on the same disk; what lies in it when a hub starts was never finished. */
  readonly drafts: string;
  readonly now: () => Date;
}

export class OutputFiles {
  readonly #options: OutputFilesOptions;
  /** One step at a time on one output: it is not removed while somebody puts it again. */
  readonly #line = new StepLine();

  constructor(options: OutputFilesOptions) {
    this.#options = options;
  }

  path(hash: ContentHash): string {
    return outputPath(this.#options.folder, hash);
  }

  put(bytes: Uint8Array): Promise<ContentHash> {
    const hash = ContentHash.parse(createHash('sha256').update(bytes).digest('hex'));
    return this.#line.pass(hash, async () => {
      if (!(await this.#isThere(hash, bytes.byteLength))) {
        await this.#name(hash, (draft) => writeSynced(draft, bytes));
      }
      return hash;
    });
  }

  /** Makes a file an output without writing it again: both names lead to the same bytes, which must not change any more. */
  adopt(path: string, hash: ContentHash): Promise<void> {
    return this.#line.pass(hash, async () => {
      const found = await statIfThere(path);
      if (found === null) throw new Error(`${path} is gone.`);
      if (await this.#isThere(hash, found.size)) return this.#share(hash, path);
      await this.#name(hash, (draft) => linkOrCopy(path, draft));
    });
  }

  /** Lets a step on one output pass when no other step on it is under way. */
  alone<T>(hash: ContentHash, step: () => Promise<T>): Promise<T> {
    return this.#line.pass(hash, step);
  }

  idle(): Promise<void> {
    return this.#line.idle();
  }

  /** An output that is there already counts as put now, and its name is durable. */
  async #isThere(hash: ContentHash, size: number): Promise<boolean> {
    const path = this.path(hash);
    if ((await statIfThere(path))?.size !== size) return false;
    const now = this.#options.now();
    await utimes(path, now, now);
    await syncFolder(dirname(path));
    return true;
  }

  async #name(hash: ContentHash, write: (draft: string) => Promise<void>): Promise<void> {
    const draft = this.#newDraft();
    const path = this.path(hash);
    try {
      await write(draft);
      if ((await mkdir(dirname(path), { recursive: true, mode: ownerOnlyFolder })) !== undefined) {
        await syncFolder(this.#options.folder);
      }
      await rename(draft, path);
    } catch (error) {
      await rm(draft, { force: true });
      throw error;
    }
    await syncFolder(dirname(path));
  }

  /** Lets `path` lead to the bytes that the store has already. */
  async #share(hash: ContentHash, path: string): Promise<void> {
    const draft = this.#newDraft();
    await linkOrCopy(this.path(hash), draft);
    await rename(draft, path);
    // Two names of one file: then rename leaves both where they are.
    await rm(draft, { force: true });
    await syncFolder(dirname(path));
  }

  #newDraft(): string {
    return join(this.#options.drafts, randomUUID());
  }
}

async function writeSynced(path: string, bytes: Uint8Array): Promise<void> {
  const handle = await open(path, 'wx', ownerOnly);
  try {
    await writeAll(handle, bytes);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Not every file system knows two names of one file. */
async function linkOrCopy(from: string, to: string): Promise<void> {
  try {
    await link(from, to);
  } catch {
    await copySynced(from, to);
  }
}

export async function copySynced(from: string, to: string): Promise<void> {
  await copyFile(from, to);
  const handle = await open(to, 'r+');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
