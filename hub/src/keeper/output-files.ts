/**
 * Keeps the files that kernels write their stdout and stderr into within a bound, however much a kernel writes: a file
 * that has grown past it is cut down to its tail. The kernel holds the file open for appending, so that its next write
 * goes to the new end. What it writes in the few microseconds between the reading of the tail and the cut is lost; it
 * is of a flood, and the kernel's output proper does not go this way.
 */
import { closeSync, constants, fstatSync, ftruncateSync, openSync, readSync, writeSync } from 'node:fs';
import { errorCode } from '../kernel/error-code.js';
import type { Log } from '../kernel/log.js';

export interface OutputFilesOptions {
  /** Of files that may be missing. */
  readonly paths: () => Iterable<string>;
  /** A file may be larger by what a kernel writes between two looks. */
  readonly maxBytes: number;
  /** What is left of a file that was cut: enough to see what a kernel said last, far below `maxBytes`. */
  readonly keepBytes: number;
  /** A disk takes some 100 MB a second from a kernel that writes as fast as it can: look every second or two. */
  readonly everyMs: number;
  readonly log: Log;
}

export class OutputFiles {
  #timer: NodeJS.Timeout | null = null;

  constructor(private readonly options: OutputFilesOptions) {}

  start(): void {
    this.#timer ??= setInterval(() => {
      for (const path of this.options.paths()) this.#bound(path);
    }, this.options.everyMs);
  }

  /** Can be called twice. */
  stop(): void {
    if (this.#timer !== null) clearInterval(this.#timer);
    this.#timer = null;
  }

  #bound(path: string): void {
    const { maxBytes, keepBytes, log } = this.options;
    try {
      cutToTail(path, maxBytes, keepBytes);
    } catch (error) {
      // A kernel that is shut down takes its files along.
      if (errorCode(error) !== 'ENOENT')
        log('warn', 'an output file could not be cut', { path, reason: String(error) });
    }
  }
}

/**
 * Cuts a file larger than `maxBytes` down to the lines that begin in its last `keepBytes`. Without a pause between its
 * steps, so that as little as can be is written meanwhile.
 */
export function cutToTail(path: string, maxBytes: number, keepBytes: number): void {
  const descriptor = openSync(path, constants.O_RDWR | constants.O_APPEND);
  try {
    const { size } = fstatSync(descriptor);
    if (size <= maxBytes) return;
    const tail = Buffer.allocUnsafe(keepBytes);
    const length = readSync(descriptor, tail, 0, keepBytes, size - keepBytes);
    const lineStart = tail.subarray(0, length).indexOf('\n') + 1;
    ftruncateSync(descriptor, 0);
    writeSync(descriptor, tail, lineStart, length - lineStart);
  } finally {
    closeSync(descriptor);
  }
}
