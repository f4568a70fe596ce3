/**
 * SaveThread: NotebookFiles in a thread of its own, one a hub, so that neither a large file nor a slow disk keeps the hub
 * from its people. It reads one file at a time and writes one at a time, beside each other and what it sends. A thread that
 * has nothing to do ends, and with it goes the memory that a large file took. When it ends by itself (out of memory), what
 * was under way fails with a reason. The next job gets a new one.
 */
import type { Worker } from 'node:worker_threads';
import { NotebookFormatError } from '@cokernel/proto/notebook';
import { messageOf } from '../errors.js';
import type {
  FileReading,
  NotebookFiles,
  ReadRequest,
  SendRequest,
  WriteOutcome,
  WriteRequest,
} from '../room/notebook-files.js';
import { mustHold, ofOneHub, type Right } from '../right.js';
import { startWorker } from '../start-worker.js';
import type { Failure, FromWorker, Job, Question, Result, ToWorker, WorkerSettings } from './jobs.js';

export interface SaveThreadOptions extends WorkerSettings {
  /** To write in the folder; default: of one hub. */
  readonly right?: Right;
  /** Tells that the thread ended by itself. */
  readonly onDied: (reason: string) => void;
  /** Of the thread; default: as much as a process may have. */
  readonly maxHeapMiB?: number;
  /** How long a thread waits for its next job: some saves of somebody who types, for a new one takes 150 ms; default 30 s. */
  readonly idleMs?: number;
}

interface Pending {
  readonly answer: (question: Question) => Promise<unknown>;
  readonly resolve: (result: Result) => void;
  readonly reject: (error: Error) => void;
}

const IDLE_MS = 30_000;

export class SaveThread implements NotebookFiles {
  private worker: Worker | null = null;
  private readonly pending = new Map<number, Pending>();
  private reading: Promise<void> = Promise.resolve();
  private writing: Promise<void> = Promise.resolve();
  private jobs = 0;
  private idle: NodeJS.Timeout | null = null;
  /** Of the thread that was let go last. */
  private letGo: Promise<unknown> = Promise.resolve();
  private closed = false;

  constructor(private readonly options: SaveThreadOptions) {}

  /** Whether there is a thread. */
  get isAwake(): boolean {
    return this.worker !== null;
  }

  /** The thread begins now and not with the first file. */
  start(): void {
    this.worker ??= this.begin();
    this.waitForNext();
  }

  async read({ absolute, clientId, put }: ReadRequest): Promise<FileReading> {
    const step = (): Promise<Result> =>
      this.run({ kind: 'read', absolute, clientId }, [], (question) =>
        question.kind === 'put' ? put(question.bytes) : Promise.resolve(),
      );
    const read = this.reading.then(step);
    this.reading = settled(read);
    const result = await read;
    if (result.kind !== 'read') throw new Error('the worker answered something else');
    return result.value;
  }

  async write({ onDraft, ...job }: WriteRequest): Promise<WriteOutcome> {
    const step = (): Promise<Result> =>
      this.run({ kind: 'write', ...job }, transferable(job.state), async (question) => {
        if (question.kind === 'draft') await this.rightly(() => onDraft(question.draft));
      });
    const written = this.writing.then(() => this.rightly(step));
    this.writing = settled(written);
    const result = await written;
    if (result.kind !== 'write') throw new Error('the worker answered something else');
    return result.value;
  }

  /** Beside the others: who takes the pieces may be slow. */
  async send({ notebook, readable, onPiece }: SendRequest): Promise<void> {
    await this.run({ kind: 'send', notebook, readable }, [], (question) =>
      question.kind === 'piece' ? onPiece(question.bytes) : Promise.resolve(),
    );
  }

  /** Ends the thread after what is under way. Can be called twice. */
  async close(): Promise<void> {
    await Promise.all([this.reading, this.writing]);
    this.closed = true;
    this.stopWaiting();
    await Promise.all([this.worker?.terminate(), this.letGo]);
  }

  /** Without the right nothing is begun, and what fails meanwhile has failed for that. Throws `LeaseEnded`. */
  private async rightly<T>(step: () => Promise<T>): Promise<T> {
    const { right = ofOneHub } = this.options;
    mustHold(right);
    try {
      return await step();
    } catch (error) {
      mustHold(right);
      throw error;
    }
  }

  private run(job: Job, transfer: ArrayBuffer[], answer: Pending['answer']): Promise<Result> {
    if (this.closed) return Promise.reject(new Error('the hub stops'));
    this.stopWaiting();
    this.worker ??= this.begin();
    this.jobs += 1;
    const id = this.jobs;
    return new Promise((resolve, reject) => {
      this.pending.set(id, { answer, resolve, reject });
      this.post({ id, job }, transfer);
    });
  }

  private begin(): Worker {
    const { outputsFolder, limits, writer, maxHeapMiB } = this.options;
    const workerData: WorkerSettings = { outputsFolder, limits, ...(writer === undefined ? {} : { writer }) };
    const worker = startWorker(new URL('./save-worker', import.meta.url), {
      workerData,
      resourceLimits: maxHeapMiB === undefined ? {} : { maxOldGenerationSizeMb: maxHeapMiB },
    });
    let reason = 'it ended';
    worker.on('message', (message: FromWorker) => this.heard(message));
    worker.on('error', (error) => (reason = messageOf(error)));
    worker.on('exit', () => this.ended(worker, reason));
    worker.unref();
    return worker;
  }

  private waitForNext(): void {
    if (this.closed || this.pending.size > 0) return;
    this.stopWaiting();
    this.idle = setTimeout(() => this.letGoOfThread(), this.options.idleMs ?? IDLE_MS).unref();
  }

  private stopWaiting(): void {
    if (this.idle !== null) clearTimeout(this.idle);
    this.idle = null;
  }

  private letGoOfThread(): void {
    this.letGo = this.worker?.terminate() ?? this.letGo;
    this.worker = null;
  }

  private ended(worker: Worker, reason: string): void {
    if (this.worker !== worker) return;
    this.worker = null;
    if (!this.closed) this.options.onDied(reason);
    const because = this.closed ? 'the hub stops' : `the thread that saves has failed: ${reason}`;
    for (const { reject } of this.pending.values()) reject(new Error(because));
    this.pending.clear();
  }

  private heard(message: FromWorker): void {
    const pending = this.pending.get(message.id);
    if (pending === undefined) return;
    if ('question' in message) {
      this.answer(message.id, pending.answer(message.question));
      return;
    }
    this.pending.delete(message.id);
    this.waitForNext();
    if ('result' in message) pending.resolve(message.result);
    else pending.reject(errorOf(message.failure));
  }

  private answer(id: number, answered: Promise<unknown>): void {
    answered.then(
      () => this.post({ id, answer: { error: null } }),
      (error: unknown) => this.post({ id, answer: { error: messageOf(error) } }),
    );
  }

  private post(message: ToWorker, transfer: ArrayBuffer[] = []): void {
    this.worker?.postMessage(message, transfer);
  }
}

/** That it has ended, however. What it gave is not kept: a reading may hold a large file. */
function settled(job: Promise<unknown>): Promise<void> {
  return job.then(
    () => undefined,
    () => undefined,
  );
}

function transferable(bytes: Uint8Array): ArrayBuffer[] {
  return bytes.buffer instanceof ArrayBuffer && bytes.byteLength === bytes.buffer.byteLength ? [bytes.buffer] : [];
}

function errorOf({ kind, message, line }: Failure): Error {
  return kind === 'noNotebook' ? new NotebookFormatError(message, line) : new Error(message);
}
