/** The worker thread that reads, writes and sends the notebooks of one hub: its jobs come as messages, and so go their results. */
import { parentPort, workerData } from 'node:worker_threads';
import { NotebookFormatError } from '@cokernel/proto/notebook';
import { messageOf } from '../errors.js';
import type { Ask, Failure, FromWorker, Job, Result, ToWorker, WorkerSettings } from './jobs.js';
import { readNotebookFile } from './read-notebook-file.js';
import { sendNotebook } from './send-notebook.js';
import { writeNotebookFile } from './write-notebook-file.js';

const settings = workerData as WorkerSettings;
const waiting = new Map<number, { readonly resolve: () => void; readonly reject: (error: Error) => void }>();

parentPort?.on('message', (message: ToWorker) => {
  if ('job' in message) {
    work(message.id, message.job).then(tell, (error: unknown) => tell({ id: message.id, failure: failureOf(error) }));
    return;
  }
  const { id, answer } = message;
  if (answer.error === null) waiting.get(id)?.resolve();
  else waiting.get(id)?.reject(new Error(answer.error));
  waiting.delete(id);
});

async function work(id: number, job: Job): Promise<FromWorker> {
  const ask: Ask = (question) => {
    const answered = new Promise<void>((resolve, reject) => waiting.set(id, { resolve, reject }));
    tell({ id, question });
    return answered;
  };
  return { id, result: await resultOf(job, ask) };
}

async function resultOf(job: Job, ask: Ask): Promise<Result> {
  switch (job.kind) {
    case 'read':
      return { kind: 'read', value: await readNotebookFile(job, settings, ask) };
    case 'write':
      return { kind: 'write', value: await writeNotebookFile(job, settings, ask) };
    case 'send':
      await sendNotebook(job, settings, ask);
      return { kind: 'sent' };
  }
}

function tell(message: FromWorker): void {
  parentPort?.postMessage(message, transferable(message));
}

/** What is handed over without a copy. */
function transferable(message: FromWorker): ArrayBuffer[] {
  const bytes =
    'question' in message && message.question.kind !== 'draft'
      ? message.question.bytes
      : 'result' in message && message.result.kind === 'read'
        ? message.result.value.state
        : null;
  return bytes !== null && ownsItsBuffer(bytes) ? [bytes.buffer] : [];
}

function ownsItsBuffer(bytes: Uint8Array): bytes is Uint8Array<ArrayBuffer> {
  return bytes.buffer instanceof ArrayBuffer && bytes.byteLength === bytes.buffer.byteLength;
}

function failureOf(error: unknown): Failure {
  if (error instanceof NotebookFormatError) return { kind: 'noNotebook', message: error.message, line: error.line };
  return { kind: 'failed', message: messageOf(error), line: null };
}
