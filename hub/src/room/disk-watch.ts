/**
 * Watches one file of the served folder, whatever becomes of it: written in place, replaced by a rename, removed, made
 * again, its folder gone and back. It tells only that there is something to look at; what has changed is for the reader
 * of the file to find, by its content. Where the system tells nothing (network folders), it looks now and then.
 */
import { watch, type FSWatcher } from 'node:fs';
import { stat } from 'node:fs/promises';
import path from 'node:path';

export interface DiskWatchOptions {
  /** Absolute, links resolved. */
  readonly path: string;
  readonly onMaybeChanged: () => void;
  /** How late a change is seen that the system does not tell: some seconds. */
  readonly everyMs: number;
  readonly onError: (error: unknown) => void;
}

export class DiskWatch {
  private watcher: FSWatcher | null = null;
  private timer: NodeJS.Timeout | null = null;
  private seen = '';
  private folder = '';

  constructor(private readonly options: DiskWatchOptions) {}

  /** Resolves when every change from now on is seen. */
  async start(): Promise<void> {
    this.seen = await lookOf(this.options.path);
    await this.watchFolder();
    this.timer ??= setInterval(() => {
      this.look().catch(this.options.onError);
    }, this.options.everyMs).unref();
  }

  /** Can be called twice. */
  stop(): void {
    if (this.timer !== null) clearInterval(this.timer);
    this.timer = null;
    this.watcher?.close();
    this.watcher = null;
  }

  /** The folder and not the file: a watch on a file ends when another takes its name. */
  private async watchFolder(): Promise<void> {
    const folder = path.dirname(this.options.path);
    const watcher = this.watchOf(folder);
    this.watcher?.close();
    this.watcher = watcher;
    this.folder = await lookOf(folder, false);
  }

  /** Null where the system has no more watches to give (ENOSPC), or the folder may not be read: then looking must do. */
  private watchOf(folder: string): FSWatcher | null {
    const { path: file, onMaybeChanged, onError } = this.options;
    try {
      const watcher = watch(folder, { persistent: false }, (_, name) => {
        // On some systems a name is not always told.
        if (name === null || name === path.basename(file)) onMaybeChanged();
      });
      return watcher.on('error', onError);
    } catch (error) {
      onError(error);
      return null;
    }
  }

  private async look(): Promise<void> {
    const now = await lookOf(this.options.path);
    if (now !== this.seen) {
      this.seen = now;
      this.options.onMaybeChanged();
    }
    const folder = await lookOf(path.dirname(this.options.path), false);
    if (folder !== this.folder && folder !== '' && this.timer !== null) await this.watchFolder();
  }
}

/** Which file it is, and by its times whether it may be worth reading; nothing for none. */
async function lookOf(file: string, withTimes = true): Promise<string> {
  const found = await stat(file).catch(() => null);
  if (found === null) return '';
  const { dev, ino, size, mtimeMs } = found;
  return (withTimes ? [dev, ino, size, mtimeMs] : [dev, ino]).join(' ');
}
