/**
 * Transcripts: one NDJSON file a run, a line an append. An append resolves when its line is durable. A line that a crash
 * left unfinished is cut off by the next append and not read before.
 *
 * Each line says which writer it is of: once another one has written, whatever a former one still brings is left out. So a
 * hub that was stopped in the middle of an append, and goes on when another one leads, spoils nothing.
 */
import { randomUUID } from 'node:crypto';
import { mkdir, open, readdir, stat, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { RunId, TranscriptEntry } from '@cokernel/proto/hub';
import type { Logger } from 'pino';
import { z } from 'zod';
import { mustHold, ofOneHub, type Right } from '../../right.js';
import type { FlushMark } from '../../run/run-outputs.js';
import { Settlement } from '../../run/run-queue.js';
import type { TranscriptStore } from '../../run/transcript-store.js';
import { StepLine } from '../step-line.js';
import { ownerOnly, ownerOnlyFolder, readIfThere, syncFolder, writeAll } from './durable-files.js';

export interface EmbeddedTranscriptStoreOptions {
  /** Made when missing. */
  readonly folder: string;
  /** To write there; default: of one hub. */
  readonly right?: Right;
  readonly log: Logger;
}

const newline = 0x0a;

const Mark: z.ZodType<FlushMark> = z.object({
  journalId: z.string(),
  seq: z.number(),
  reducerState: z.unknown(),
  end: Settlement.nullable(),
});

/** A line: what one append brought, and by whom. A line of an earlier version is one entry, of nobody. */
const Step = z.union([
  z.object({ entries: z.array(TranscriptEntry), mark: Mark.exactOptional(), by: z.string().optional() }),
  TranscriptEntry.transform((entry) => ({ entries: [entry], mark: undefined, by: undefined })),
]);
type Step = z.infer<typeof Step>;

export class EmbeddedTranscriptStore implements TranscriptStore {
  readonly #options: EmbeddedTranscriptStoreOptions;
  readonly #line = new StepLine();
  readonly #writer = randomUUID().slice(0, 8);
  #closed = false;

  constructor(options: EmbeddedTranscriptStoreOptions) {
    this.#options = options;
  }

  async start(): Promise<void> {
    await mkdir(this.#options.folder, { recursive: true, mode: ownerOnlyFolder });
  }

  append(runId: RunId, entries: readonly TranscriptEntry[], mark?: FlushMark): Promise<void> {
    if (this.#closed) return Promise.reject(new Error('The store of transcripts is closed.'));
    const line = `${JSON.stringify({ entries, mark, by: this.#writer })}\n`;
    return this.#line.pass(runId, () => this.#write(this.#path(runId), Buffer.from(line)));
  }

  async read(runId: RunId): Promise<readonly TranscriptEntry[] | null> {
    return (await this.#steps(runId))?.flatMap(({ entries }) => entries) ?? null;
  }

  async mark(runId: RunId): Promise<FlushMark | null> {
    return (await this.#steps(runId))?.findLast(({ mark }) => mark !== undefined)?.mark ?? null;
  }

  async #steps(runId: RunId): Promise<readonly Step[] | null> {
    const file = await readIfThere(this.#path(runId));
    if (file === null) return null;
    const whole = file.subarray(0, file.lastIndexOf(newline) + 1).toString('utf8');
    return inOrder(whole.split('\n').flatMap((line) => (line === '' ? [] : this.#parse(runId, line))));
  }

  async has(runId: RunId): Promise<boolean> {
    return (await stat(this.#path(runId)).catch(() => null)) !== null;
  }

  async removeBefore(before: Date, isLive: (runId: RunId) => boolean): Promise<void> {
    for (const name of await readdir(this.#options.folder)) {
      const runId = RunId.safeParse(decodeURIComponent(name.replace(/\.ndjson$/, ''))).data;
      if (runId !== undefined && !isLive(runId)) await this.#line.pass(runId, () => this.#removeOld(runId, before));
    }
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#line.idle();
  }

  async #removeOld(runId: RunId, before: Date): Promise<void> {
    const found = await stat(this.#path(runId)).catch(() => null);
    if (found === null || found.mtime >= before) return;
    mustHold(this.#right);
    await unlink(this.#path(runId));
  }

  async #write(path: string, lines: Buffer): Promise<void> {
    mustHold(this.#right);
    const handle = await open(path, 'a+', ownerOnly);
    let wasEmpty: boolean;
    try {
      const { size } = await handle.stat();
      wasEmpty = size === 0;
      if (!wasEmpty) await this.#cutUnfinishedLine(path, size);
      mustHold(this.#right);
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
      mustHold(this.#right);
      await handle.truncate(whole.lastIndexOf(newline) + 1);
    } finally {
      await handle.close();
    }
  }

  #parse(runId: RunId, line: string): readonly Step[] {
    try {
      return [Step.parse(JSON.parse(line))];
    } catch (error) {
      this.#options.log.error({ err: error, runId }, 'a line of a transcript can not be read and was left out');
      return [];
    }
  }

  get #right(): Right {
    return this.#options.right ?? ofOneHub;
  }

  #path(runId: RunId): string {
    return join(this.#options.folder, `${encodeURIComponent(runId).replaceAll('.', '%2E')}.ndjson`);
  }
}

/** Without what a writer brought after another one had begun. */
function inOrder(steps: readonly Step[]): readonly Step[] {
  const former = new Set<string>();
  let writer: string | null = null;
  return steps.filter(({ by }) => {
    if (by === undefined || by === writer) return true;
    if (former.has(by)) return false;
    if (writer !== null) former.add(writer);
    writer = by;
    return true;
  });
}
