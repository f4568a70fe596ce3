/** One growing text: a file to which the text is appended, hashed on the way, and which becomes an output at its end. */
import { createHash, type Hash, randomUUID } from 'node:crypto';
import { rename } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { ContentHash, type TextId } from '@cokernel/proto/hub';
import type { Right } from '../../right.js';
import type { GrowingText } from '../../run/output-store.js';
import { syncFolder } from '../embedded/durable-files.js';
import { AppendedFile } from './appended-file.js';
import { FileBytes, statIfThere } from './file-bytes.js';
import { copySynced } from './output-files.js';

export interface TextFileOptions {
  readonly id: TextId;
  readonly path: string;
  readonly drafts: string;
  /** To write it. */
  readonly right: Right;
  /** Makes the whole file an output. */
  readonly adopt: (path: string, hash: ContentHash) => Promise<void>;
  readonly onClosed: (text: TextFile) => void;
}

export class TextFile implements GrowingText {
  readonly #options: TextFileOptions;
  readonly #file: AppendedFile;
  /** Of all that was appended; null when the text was begun by another, and has to be read for it. */
  #hash: Hash | null = null;
  #finished: Promise<ContentHash> | null = null;

  constructor(options: TextFileOptions) {
    this.#options = options;
    this.#file = new AppendedFile(options.path, options.right);
  }

  /** Begins the text, or goes on behind its first `size` bytes. Rejects when fewer are there. */
  async start(size: number): Promise<void> {
    const { path, drafts } = this.#options;
    const found = await statIfThere(path);
    // A text that was finished is an output too, and that one must not change.
    if (found !== null && found.nlink > 1) await unshare(path, join(drafts, randomUUID()));
    await this.#file.start(size);
    if (found === null) await syncFolder(dirname(path));
    if (size === 0) this.#hash = createHash('sha256');
  }

  get id(): TextId {
    return this.#options.id;
  }

  get size(): number {
    return this.#file.bytes;
  }

  append(text: string): void {
    if (this.#finished !== null) throw new Error(`The text '${this.id}' is finished.`);
    const bytes = Buffer.from(text);
    this.#file.append(bytes);
    this.#hash?.update(bytes);
  }

  durable(): Promise<void> {
    return this.#file.durable();
  }

  finish(): Promise<ContentHash> {
    this.#finished ??= this.#finish();
    return this.#finished;
  }

  async close(): Promise<void> {
    await this.#file.close().finally(() => this.#options.onClosed(this));
  }

  async #finish(): Promise<ContentHash> {
    const { path, adopt } = this.#options;
    await this.#file.close();
    const hash = ContentHash.parse((this.#hash ?? (await hashOf(path, this.size))).digest('hex'));
    await adopt(path, hash);
    this.#options.onClosed(this);
    return hash;
  }
}

async function unshare(path: string, draft: string): Promise<void> {
  await copySynced(path, draft);
  await rename(draft, path);
  await syncFolder(dirname(path));
}

async function hashOf(path: string, size: number): Promise<Hash> {
  const hash = createHash('sha256');
  for await (const piece of new FileBytes(path, size).read()) hash.update(piece);
  return hash;
}
