/**
 * Transcripts: one NDJSON file a run. An append resolves when its lines are durable. A line that a crash left
 * unfinished is cut off by the next append and not read before.
 */
import { mkdir, open } from 'node:fs/promises';
import { join } from 'node:path';
import { type RunId, TranscriptEntry } from '@cokernel/proto/hub';
import type { Logger } from 'pino';
import type { TranscriptStore } from '../../run/transcript-store.js';
import { StepLine } from '../step-line.js';
import { ownerOnly, ownerOnlyFolder, readIfThere, syncFolder, writeAll } from './durable-files.js';

export interface EmbeddedTranscriptStoreOptions {
  /** Made when missing. */
  readonly folder: string;
  readonly log: Logger;
}

const newline = 0x0a;

export class EmbeddedTranscriptStore implements TranscriptStore {
  readonly #options: EmbeddedTranscriptStoreOptions;
  readonly #line = new StepLine();
  #closed = false;

  constructor(options: EmbeddedTranscriptStoreOptions) {
    this.#options = options;
  }

  async start(): Promise<void> {
    await mkdir(this.#options.folder, { recursive: true, mode: ownerOnlyFolder });
  }

  append(runId: RunId, entries: readonly TranscriptEntry[]): Promise<void> {
    if (this.#closed) return Promise.reject(new Error('The store of transcripts is closed.'));
    const text = entries.map((entry) => `${JSON.stringify(entry)}\n`).join('');
    return this.#line.pass(runId, () => this.#write(this.#path(runId), Buffer.from(text)));
  }

  async read(runId: RunId): Promise<readonly TranscriptEntry[] | null> {
    const file = await readIfThere(this.#path(runId));
    if (file === null) return null;
    const whole = file.subarray(0, file.lastIndexOf(newline) + 1).toString('utf8');
    return whole.split('\n').flatMap((line) => (line === '' ? [] : this.#parse(runId, line)));
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#line.idle();
  }

  async #write(path: string, lines: Buffer): Promise<void> {
    const handle = await open(path, 'a+', ownerOnly);
    let wasEmpty: boolean;
    try {
      const { size } = await handle.stat();
      wasEmpty = size === 0;
      if (!wasEmpty) await this.#cutUnfinishedLine(path, size);
      await writeAll(handle, lines);
      await handle.datasync();
    } finally {
      await handle.close();
    }
    if (wasEmpty) await syncFolder(this.#options.folder);
  }

  async #cutUnfinishedLine(path: string, size: number): Promise<void> {
    const handle = await open(path, 'r+');
    try {
      const { buffer } = await handle.read(Buffer.alloc(1), 0, 1, size - 1);
      if (buffer[0] === newline) return;
      const whole = await handle.readFile();
      await handle.truncate(whole.lastIndexOf(newline) + 1);
    } finally {
      await handle.close();
    }
  }

  #parse(runId: RunId, line: string): readonly TranscriptEntry[] {
    try {
      return [TranscriptEntry.parse(JSON.parse(line))];
    } catch (error) {
      this.#options.log.error({ err: error, runId }, 'a line of a transcript can not be read and was left out');
      return [];
    }
  }

  #path(runId: RunId): string {
    return join(this.#options.folder, `${encodeURIComponent(runId).replaceAll('.', '%2E')}.ndjson`);
  }
}
