/**
 * By which a hub that would serve a folder alone sees that many hubs serve it as one: each of them touches the marker in the
 * served folder again and again, so it is seen with any data folder, and from any machine or container that has the folder.
 * Nobody has to take anything back: hubs that were killed touch nothing.
 */
import { open, utimes } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { messageOf } from '../errors.js';
import { FOLDER_MARKER } from '../room/served-folder.js';
import { hasCode } from './embedded/durable-files.js';

const TOUCHED_EVERY_MS = 1_000;
/** Longer than a busy hub is late with it. */
const SEEN_WITHIN_MS = 5_000;
const LOOKED_EVERY_MS = 200;
/** One that was touched earlier is not looked at for longer: no two clocks differ by so much. */
const LONG_AGO_MS = 10 * 60_000;

export class SignOfLife {
  private timer: NodeJS.Timeout | null = null;

  constructor(private readonly options: { readonly folder: string; readonly onFailed: (reason: string) => void }) {}

  start(): void {
    this.touch();
    this.timer = setInterval(() => this.touch(), TOUCHED_EVERY_MS);
  }

  /** Can be called twice. */
  stop(): void {
    if (this.timer !== null) clearInterval(this.timer);
    this.timer = null;
  }

  /** A file system that is away is back some time. */
  private touch(): void {
    const { folder, onFailed } = this.options;
    const now = new Date();
    utimes(path.join(folder, FOLDER_MARKER), now, now).catch((error: unknown) => onFailed(messageOf(error)));
  }
}

/** Whether many hubs serve the folder now. Takes a moment when they did so lately; `onWait` is told. */
export async function isServedByMany(folder: string, onWait: (seconds: number) => void): Promise<boolean> {
  const first = await touchedAt(folder);
  if (first === null || Math.abs(Date.now() - first) > LONG_AGO_MS) return false;
  onWait(SEEN_WITHIN_MS / 1_000);
  for (let waitedMs = 0; waitedMs < SEEN_WITHIN_MS; waitedMs += LOOKED_EVERY_MS) {
    await pause(LOOKED_EVERY_MS);
    if ((await touchedAt(folder)) !== first) return true;
  }
  return false;
}

/** Opened each time: a network file system then asks its server. */
async function touchedAt(folder: string): Promise<number | null> {
  try {
    const marker = await open(path.join(folder, FOLDER_MARKER));
    try {
      return (await marker.stat()).mtimeMs;
    } finally {
      await marker.close();
    }
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return null;
    throw error;
  }
}
