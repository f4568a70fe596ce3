/**
 * AppendedFile: bytes that are appended to one file, in the order of the calls. They are written at once; who needs them
 * durable waits for it, and those who came while the disk was busy share the next fdatasync.
 *
 * After a failed write nobody knows what the disk holds: from then on nothing is written, and whoever waits is told why.
 */
import { type FileHandle, open } from 'node:fs/promises';
import { messageOf } from '../../errors.js';
import { LeaseEnded, mustHold, ofOneHub, type Right } from '../../right.js';
import { ownerOnly, writeAll } from '../embedded/durable-files.js';

interface Waiter {
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

export class AppendedFile {
  #handle: FileHandle | null = null;
  #bytes = 0;
  #pending: Uint8Array[] = [];
  #waiting: Waiter[] = [];
  #working: Promise<void> | null = null;
  #isDurable = true;
  #isClosed = false;
  #failure: Error | null = null;

  /** `right`: to write it. */
  constructor(
    private readonly path: string,
    private readonly right: Right = ofOneHub,
  ) {}

  /** Goes on behind the first `bytes`, and cuts off what follows them. Rejects when fewer are there. */
  async start(bytes: number): Promise<void> {
    const handle = await open(this.path, 'a', ownerOnly);
    try {
      const { size } = await handle.stat();
      if (size < bytes) {
        throw new Error(`${this.path} has ${String(size)} bytes, and not the ${String(bytes)} that were stored.`);
      }
      mustHold(this.right);
      if (size > bytes) await handle.truncate(bytes);
    } catch (error) {
      await handle.close();
      throw error;
    }
    this.#handle = handle;
    this.#bytes = bytes;
  }

  /** With what is still on its way. */
  get bytes(): number {
    return this.#bytes;
  }

  append(bytes: Uint8Array): void {
    if (this.#isClosed) throw new Error(`${this.path} is closed.`);
    // Who waits for it is told of the failure.
    if (this.#failure !== null) return;
    this.#bytes += bytes.byteLength;
    this.#pending.push(bytes);
    this.#isDurable = false;
    this.#work();
  }

  /** Resolves when all that was appended before is durable. */
  durable(): Promise<void> {
    if (this.#failure !== null) return Promise.reject(this.#failure);
    if (this.#isDurable) return Promise.resolve();
    return new Promise((resolve, reject) => {
      this.#waiting.push({ resolve, reject });
      this.#work();
    });
  }

  /** Writes what is on its way, and closes the file. Rejects when that failed. Can be called twice. */
  async close(): Promise<void> {
    this.#isClosed = true;
    try {
      await this.durable();
    } finally {
      const handle = this.#handle;
      this.#handle = null;
      await handle?.close();
    }
  }

  #work(): void {
    this.#working ??= this.#writeAll();
  }

  /** Never rejects: each who waits is told. */
  async #writeAll(): Promise<void> {
    while (this.#pending.length > 0 || this.#waiting.length > 0) {
      const pieces = this.#pending;
      const waiting = this.#waiting;
      this.#pending = [];
      this.#waiting = [];
      try {
        await this.#write(pieces, waiting.length > 0);
      } catch (error) {
        this.#fail(error, waiting);
        continue;
      }
      for (const { resolve } of waiting) resolve();
    }
    // Not a moment later: what is appended then begins anew.
    this.#working = null;
  }

  async #write(pieces: readonly Uint8Array[], isAwaited: boolean): Promise<void> {
    if (this.#failure !== null) throw this.#failure;
    if (this.#handle === null) throw new Error('The file is not open.');
    mustHold(this.right);
    if (pieces.length > 0) await writeAll(this.#handle, Buffer.concat(pieces));
    if (!isAwaited) return;
    await this.#handle.datasync();
    this.#isDurable = this.#pending.length === 0;
  }

  #fail(cause: unknown, waiting: readonly Waiter[]): void {
    this.#failure ??= cause instanceof LeaseEnded ? cause : notWritten(this.path, cause);
    for (const { reject } of waiting) reject(this.#failure);
  }
}

function notWritten(path: string, cause: unknown): Error {
  return new Error(`${path} could not be written: ${messageOf(cause)}`, { cause });
}
