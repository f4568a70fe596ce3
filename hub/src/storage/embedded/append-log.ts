/**
 * AppendLog: one file to which frames are appended. Frames become durable in the order of the calls; those of one turn of
 * the loop, and those that came while the disk was busy, share a write and fdatasync. Compaction writes a new file beside the log while
 * appends go on, then copies what came since, and takes the log's place by rename. What it writes there is made in a
 * worker from the frames themselves.
 *
 * While the disk is full, frames wait and are tried again, once somebody listens to that (`onFull`); what was written of
 * them is cut off first. After any other failed write nobody knows what the disk holds: every later append is refused
 * with the first cause, and the log must be opened anew.
 */
import { type FileHandle, open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { CompactedLog } from '../compacted-log.js';
import { compact } from '../compaction.js';
import { hasCode, ownerOnly, syncFolder, writeAll } from './durable-files.js';
import type { FrameContent } from './log-content.js';
import { encodeFrame, logMagic } from './log-frame.js';

export interface AppendLogOptions {
  readonly path: string;
  /** Carried by every frame. */
  readonly fence: number;
  /** The seq of the last frame in the file. */
  readonly lastSeq: number;
  /** Length of the file, which must end with a whole frame. */
  readonly bytes: number;
  /** How long frames wait before a full disk is tried again (1,000). */
  readonly fullRetryMs?: number;
  /** Opens a file to append to, for its owner alone. */
  readonly openFile?: (path: string) => Promise<FileHandle>;
}

const FULL_RETRY_MS = 1_000;

interface PendingFrame {
  readonly frame: Buffer;
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

/** The new file of a compaction, ready to take the log's place. */
interface Draft {
  readonly path: string;
  readonly handle: FileHandle;
  readonly bytes: number;
}

interface ReadyDraft {
  readonly draft: Draft;
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

export class AppendLog {
  readonly #options: AppendLogOptions;
  #handle: FileHandle | null = null;
  #seq: number;
  #bytes: number;
  #pending: PendingFrame[] = [];
  #lastAppend: Promise<void> = Promise.resolve();
  #writing: Promise<void> | null = null;
  #compacting: Promise<CompactedLog> | null = null;
  #ready: ReadyDraft | null = null;
  /** All frames appended since the compaction in progress began. */
  #since: Buffer[] = [];
  #refusal: Error | null = null;
  /** Length of the file without what is on its way. */
  #bytesOnDisk: number;
  #onFull: ((isFull: boolean) => void) | null = null;
  #isFull = false;
  readonly #closing = new AbortController();

  constructor(options: AppendLogOptions) {
    this.#options = options;
    this.#seq = options.lastSeq;
    this.#bytes = options.bytes;
    this.#bytesOnDisk = options.bytes;
  }

  async start(): Promise<void> {
    const { path, openFile = openToAppend } = this.#options;
    this.#handle = await openFile(path);
  }

  /** From now on frames wait while the disk is full; told when that begins, and when it is over. */
  onFull(listener: (isFull: boolean) => void): void {
    this.#onFull = listener;
  }

  /** Bytes of the file, with those on their way. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Resolves when the frame is durable. */
  append(content: FrameContent): Promise<void> {
    if (this.#refusal !== null) return Promise.reject(this.#refusal);
    this.#seq += 1;
    const frame = encodeFrame({ ...content, fence: this.#options.fence, seq: this.#seq });
    this.#bytes += frame.length;
    if (this.#compacting !== null) this.#since.push(frame);
    this.#lastAppend = new Promise((resolve, reject) => {
      this.#pending.push({ frame, resolve, reject });
    });
    this.#writing ??= this.#writeAll();
    return this.#lastAppend;
  }

  /** Resolves when all that was appended before is durable. */
  flushed(): Promise<void> {
    return this.#lastAppend;
  }

  /** Puts two frames in the place of all appended so far. One at a time. */
  compact(): Promise<CompactedLog> {
    if (this.#refusal !== null) return Promise.reject(this.#refusal);
    this.#since = [];
    this.#compacting = this.#compact(this.#seq).finally(() => {
      this.#compacting = null;
      this.#since = [];
    });
    return this.#compacting;
  }

  /** Refuses further appends with `reason`, lets those under way end, and closes the file. Can be called twice. */
  async close(reason: Error): Promise<void> {
    this.#refusal ??= reason;
    this.#closing.abort();
    await Promise.allSettled([this.#writing, this.#compacting]);
    const handle = this.#handle;
    this.#handle = null;
    await handle?.close();
  }

  async #compact(lastSeq: number): Promise<CompactedLog> {
    const { path, fence } = this.#options;
    await this.flushed();
    const compacted = await compact({ source: { path }, fence, lastSeq }, this.#bytes);
    const draft = await this.#writeDraft([logMagic, compacted.header, compacted.base]);
    await new Promise<void>((resolve, reject) => {
      this.#ready = { draft, resolve, reject };
      this.#writing ??= this.#writeAll();
    });
    return compacted;
  }

  async #writeDraft(contents: readonly Uint8Array[]): Promise<Draft> {
    const path = `${this.#options.path}.compacting`;
    await rm(path, { force: true });
    const handle = await open(path, 'ax', ownerOnly);
    try {
      for (const bytes of contents) await writeAll(handle, bytes);
      await handle.datasync();
    } catch (error) {
      await discard({ path, handle });
      throw error;
    }
    return { path, handle, bytes: contents.reduce((sum, { byteLength }) => sum + byteLength, 0) };
  }

  /** Never rejects: each caller is told of its own. */
  async #writeAll(): Promise<void> {
    // What is appended in one turn is one write: a process that is killed leaves all of it or nothing.
    await Promise.resolve();
    while (this.#pending.length > 0 || this.#ready !== null) {
      // Taken before the batch, so that all frames from before the compaction are through when its file is put in.
      const ready = this.#ready;
      await this.#writeBatch();
      if (ready !== null) await this.#putIn(ready);
    }
    this.#writing = null;
  }

  async #writeBatch(): Promise<void> {
    const batch = this.#pending;
    if (batch.length === 0) return;
    this.#pending = [];
    const bytes = Buffer.concat(batch.map(({ frame }) => frame));
    try {
      const handle = this.#open();
      if (!(await this.#hasRoomFor(bytes, handle))) return await this.#tryLater(batch);
      await handle.datasync();
      this.#bytesOnDisk += bytes.length;
    } catch (error) {
      const failure = this.#fail(error);
      for (const { reject } of batch) reject(failure);
      return;
    }
    for (const { resolve } of batch) resolve();
  }

  /** Writes them; false when the disk is full, and the file as it was. The last try is when the log is closed. */
  async #hasRoomFor(bytes: Buffer, handle: FileHandle): Promise<boolean> {
    const isLastTry = this.#closing.signal.aborted;
    try {
      await writeAll(handle, bytes);
    } catch (error) {
      if (this.#onFull === null || isLastTry || !saysFull(error)) throw error;
      await handle.truncate(this.#bytesOnDisk);
      this.#tellFull(true);
      return false;
    }
    this.#tellFull(false);
    return true;
  }

  async #tryLater(batch: readonly PendingFrame[]): Promise<void> {
    this.#pending = [...batch, ...this.#pending];
    const { fullRetryMs = FULL_RETRY_MS } = this.#options;
    await pause(fullRetryMs, undefined, { signal: this.#closing.signal }).catch(() => undefined);
  }

  #tellFull(isFull: boolean): void {
    if (this.#isFull === isFull) return;
    this.#isFull = isFull;
    this.#onFull?.(isFull);
  }

  async #putIn({ draft, resolve, reject }: ReadyDraft): Promise<void> {
    this.#ready = null;
    // What is pending was appended last, and goes to the new file with the next batch.
    const since = Buffer.concat(this.#since.slice(0, this.#since.length - this.#pending.length));
    try {
      const old = this.#open();
      await writeAll(draft.handle, since);
      await draft.handle.datasync();
      await rename(draft.path, this.#options.path);
      this.#handle = draft.handle;
      await old.close();
    } catch (error) {
      await discard(draft);
      reject(asError(error));
      return;
    }
    this.#bytesOnDisk = draft.bytes + since.length;
    this.#bytes = this.#bytesOnDisk + this.#pending.reduce((sum, { frame }) => sum + frame.length, 0);
    try {
      await syncFolder(dirname(this.#options.path));
    } catch (error) {
      // After a power cut the name may lead to the old file again, which would lack what is appended from now on.
      reject(this.#fail(error));
      return;
    }
    resolve();
  }

  #open(): FileHandle {
    if (this.#refusal instanceof WriteFailure) throw this.#refusal;
    if (this.#handle === null) throw new Error('The log is not open.');
    return this.#handle;
  }

  #fail(cause: unknown): WriteFailure {
    const failure = new WriteFailure(`${this.#options.path} could not be written: ${asError(cause).message}`, {
      cause,
    });
    this.#refusal ??= failure;
    return failure;
  }
}

class WriteFailure extends Error {
  override readonly name = 'WriteFailure';
}

function openToAppend(path: string): Promise<FileHandle> {
  return open(path, 'a', ownerOnly);
}

/** The disk, or what its owner may use of it. */
function saysFull(error: unknown): boolean {
  return hasCode(error, 'ENOSPC') || hasCode(error, 'EDQUOT');
}

/** On a disk that takes nothing any more neither may work; the next compaction writes over what is left. Never rejects. */
async function discard({ path, handle }: { readonly path: string; readonly handle: FileHandle }): Promise<void> {
  await Promise.allSettled([handle.close(), rm(path, { force: true })]);
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}
