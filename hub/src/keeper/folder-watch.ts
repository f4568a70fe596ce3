/**
 * Tells when a folder is gone or another has its name: a keeper whose data folder was removed has nobody left to find
 * it. Looks now and then, since a watch on a folder does not see its parents go.
 */
import { statSync, type Stats } from 'node:fs';

export interface FolderWatchOptions {
  readonly path: string;
  /** How late the end of the folder may be seen: a few seconds. */
  readonly everyMs: number;
  readonly onGone: () => void;
}

export class FolderWatch {
  #timer: NodeJS.Timeout | null = null;

  constructor(private readonly options: FolderWatchOptions) {}

  start(): void {
    const before = statOf(this.options.path);
    this.#timer ??= setInterval(() => {
      const now = statOf(this.options.path);
      if (now !== null && now.ino === before?.ino && now.dev === before.dev) return;
      this.stop();
      this.options.onGone();
    }, this.options.everyMs);
  }

  /** Can be called twice. */
  stop(): void {
    if (this.#timer !== null) clearInterval(this.#timer);
    this.#timer = null;
  }
}

function statOf(path: string): Stats | null {
  return statSync(path, { throwIfNoEntry: false }) ?? null;
}
