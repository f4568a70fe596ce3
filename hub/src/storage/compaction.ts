/**
 * Compacts a log's frames away from the event loop: in a worker thread of its own when they are many, which applies them
 * into a document and hands back what takes their place. A log that is small is done with sooner than a thread begins.
 */
import { readFile } from 'node:fs/promises';
import { startWorker } from '../start-worker.js';
import { compactedLog, type CompactedLog } from './compacted-log.js';
import { scanLog } from './embedded/log-frame.js';

export interface CompactionJob {
  /** The log's file, or all that it would hold. */
  readonly source: { readonly path: string } | { readonly bytes: Uint8Array<ArrayBuffer> };
  /** The writer's. */
  readonly fence: number;
  /** Of the last frame that is compacted; later ones are left out. */
  readonly lastSeq: number;
}

/** About a millisecond's work. */
const INLINE_BELOW_BYTES = 64 * 1024;

/** `logBytes`: about how much there is to read. */
export function compact(job: CompactionJob, logBytes: number): Promise<CompactedLog> {
  return logBytes < INLINE_BELOW_BYTES ? compactHere(job) : compactInWorker(job);
}

/** On this thread. */
export async function compactHere({ source, fence, lastSeq }: CompactionJob): Promise<CompactedLog> {
  const file = 'path' in source ? await readFile(source.path) : Buffer.from(source.bytes.buffer);
  const scanned = scanLog(file);
  if (scanned.outcome === 'damaged') throw new Error(`the log is damaged at byte ${String(scanned.offset)}`);
  return compactedLog(scanned.frames, fence, lastSeq);
}

function compactInWorker(job: CompactionJob): Promise<CompactedLog> {
  const worker = startWorker(new URL('./compaction-worker', import.meta.url), {
    workerData: job,
    transferList: 'bytes' in job.source ? [job.source.bytes.buffer] : [],
  });
  return new Promise((resolve, reject) => {
    worker.once('message', resolve);
    worker.once('error', reject);
    worker.once('exit', (code) => reject(new Error(`the worker ended with ${String(code)}`)));
  });
}
