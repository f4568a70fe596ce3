/**
 * One notebook's open log in Redis. Frames are appended in the order of the calls; those that come while a step is under
 * way share the next. While Redis is away or full they wait, and are sent again until an answer says that they are there: a step
 * knows by the frames' numbers what it has already. What is durable is for Redis's own configuration to say.
 */
import { setTimeout as pause } from 'node:timers/promises';
import type { Epoch } from '@cokernel/proto/hub';
import { ErrorReply } from 'redis';
import { z } from 'zod';
import { type DocumentLog, DocumentStoreError, type LogRecord, type LogSize } from '../../room/document-store.js';
import { QueueUnavailable } from '../../run/run-queue.js';
import { compact } from '../compaction.js';
import { factContent, type FrameContent, recordContent } from '../embedded/log-content.js';
import { encodeFrame, logMagic } from '../embedded/log-frame.js';
import type { DocumentKeys } from './keys.js';
import { readFrames } from './read-frames.js';
import type { RedisConnection } from './redis-connection.js';
import type { DocumentStepName } from './script-texts.js';

export interface RedisDocumentLogOptions {
  readonly connection: RedisConnection;
  readonly keys: DocumentKeys;
  readonly fence: number;
  readonly epoch: Epoch;
  /** Of the last frame that is there. */
  readonly lastSeq: number;
  readonly logBytes: number;
  readonly baseBytes: number;
  /** That were appended since. */
  readonly records: number;
}

interface PendingFrame {
  readonly frame: Buffer;
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

export const Answer = z.discriminatedUnion('outcome', [
  z.object({ outcome: z.literal('done') }),
  z.object({ outcome: z.literal('lost') }),
  z.object({ outcome: z.literal('stale'), highestFence: z.number().int() }),
]);

/** A Redis that is there and refuses is not asked without a pause. */
const ASK_AGAIN_MS = 100;

/** A step blocks Redis for all; the rest goes with the next. */
const FRAMES_A_STEP = 500;

export class RedisDocumentLog implements DocumentLog {
  readonly #options: RedisDocumentLogOptions;
  #seq: number;
  #logBytes: number;
  #baseBytes: number;
  #records: number;
  #pending: PendingFrame[] = [];
  #lastAppend: Promise<void> = Promise.resolve();
  #writing: Promise<void> | null = null;
  #compacting: Promise<void> | null = null;
  #refusal: Error | null = null;
  readonly #waiting = new AbortController();
  #onFull: (isFull: boolean) => void = () => undefined;
  #isFull = false;

  constructor(options: RedisDocumentLogOptions) {
    this.#options = options;
    this.#seq = options.lastSeq;
    this.#logBytes = options.logBytes;
    this.#baseBytes = options.baseBytes;
    this.#records = options.records;
  }

  get epoch(): Epoch {
    return this.#options.epoch;
  }

  append(record: LogRecord): Promise<void> {
    return this.#append(recordContent(record));
  }

  setFact(name: string, value: string): Promise<void> {
    return this.#append(factContent(name, value));
  }

  flushed(): Promise<void> {
    return this.#lastAppend;
  }

  onFull(listener: (isFull: boolean) => void): void {
    this.#onFull = listener;
  }

  size(): LogSize {
    return { logBytes: this.#logBytes, baseBytes: this.#baseBytes, records: this.#records };
  }

  compact(): Promise<void> {
    if (this.#refusal !== null) return Promise.reject(this.#refusal);
    this.#compacting ??= this.#compact(this.#seq, this.size()).finally(() => {
      this.#compacting = null;
    });
    return this.#compacting;
  }

  /** What waits for a Redis that is away is refused. Can be called twice. */
  close(): Promise<void> {
    return this.#end(new Error('The log of this document is closed.'));
  }

  /** Another owner in this process has opened the log: what this one still wants to write comes too late. */
  supersede(fence: number): Promise<void> {
    return this.#end(new DocumentStoreError('staleFence', 'The document was opened under a newer fence.', fence));
  }

  /** From now on a step is refused when Redis is away. */
  stopWaiting(): void {
    this.#waiting.abort();
  }

  async #end(reason: Error): Promise<void> {
    this.#refusal ??= reason;
    this.stopWaiting();
    await Promise.allSettled([this.#writing, this.#compacting]);
  }

  #append(content: FrameContent): Promise<void> {
    if (this.#refusal !== null) return Promise.reject(this.#refusal);
    this.#seq += 1;
    const frame = encodeFrame({ ...content, fence: this.#options.fence, seq: this.#seq });
    this.#logBytes += frame.length;
    this.#records += 1;
    this.#lastAppend = new Promise((resolve, reject) => {
      this.#pending.push({ frame, resolve, reject });
    });
    this.#writing ??= this.#writeAll();
    return this.#lastAppend;
  }

  /** Never rejects: each caller is told of its own. */
  async #writeAll(): Promise<void> {
    // What is appended in one turn is one step: a process that is killed leaves all of it or nothing.
    await Promise.resolve();
    while (this.#pending.length > 0) {
      const firstSeq = this.#seq - this.#pending.length + 1;
      const batch = this.#pending.splice(0, FRAMES_A_STEP);
      try {
        await this.#step('append-frames', [String(firstSeq), ...batch.map(({ frame }) => frame)]);
        for (const { resolve } of batch) resolve();
      } catch (error) {
        this.#refusal ??= asError(error);
        for (const { reject } of [...batch, ...this.#pending.splice(0)]) reject(asError(error));
      }
    }
    this.#writing = null;
  }

  async #compact(lastSeq: number, before: LogSize): Promise<void> {
    const { connection, keys, fence } = this.#options;
    await this.flushed();
    const frames = await readFrames(connection, keys.log);
    const bytes = Uint8Array.from(Buffer.concat([logMagic, ...frames]));
    const compacted = await compact({ source: { bytes }, fence, lastSeq }, bytes.byteLength);
    const [header, base] = [Buffer.from(compacted.header.buffer), Buffer.from(compacted.base.buffer)];
    await this.#step('compact-document', [String(lastSeq), header, base]);
    this.#logBytes += header.length + base.length - before.logBytes;
    this.#records -= before.records;
    this.#baseBytes = compacted.stateBytes;
  }

  /** Asks until Redis answers: each step does nothing the second time. */
  async #step(name: DocumentStepName, args: readonly (string | Buffer)[]): Promise<void> {
    const { connection, keys, fence } = this.#options;
    for (;;) {
      try {
        const answer = await connection.run(name, keys.all, [String(fence), ...args]);
        this.#tellFull(false);
        return accept(Answer.parse(JSON.parse(answer)));
      } catch (error) {
        if (!(error instanceof QueueUnavailable) || this.#waiting.signal.aborted) throw error;
        if (saysFull(error)) this.#tellFull(true);
        await Promise.race([Promise.all([connection.connected(), pause(ASK_AGAIN_MS)]), aborted(this.#waiting.signal)]);
      }
    }
  }

  #tellFull(isFull: boolean): void {
    if (this.#isFull === isFull) return;
    this.#isFull = isFull;
    this.#onFull(isFull);
  }
}

export function accept(answer: z.infer<typeof Answer>): void {
  switch (answer.outcome) {
    case 'done':
      return;
    case 'lost':
      throw new DocumentStoreError('damaged', 'Redis has lost a part of the log: it was started without what it had.');
    case 'stale': {
      const message = `The document was opened under fence ${String(answer.highestFence)}.`;
      throw new DocumentStoreError('staleFence', message, answer.highestFence);
    }
  }
}

/** Its memory, or the disk of its append-only file. */
function saysFull({ cause }: QueueUnavailable): boolean {
  return cause instanceof ErrorReply && /^(OOM|MISCONF)\b/.test(cause.message);
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}
