/** A worker thread's entry: compacts one log, hands back what takes its place, and ends. */
import { parentPort, workerData } from 'node:worker_threads';
import { compactHere, type CompactionJob } from './compaction.js';

const compacted = await compactHere(workerData as CompactionJob);
parentPort?.postMessage(compacted, [compacted.header.buffer, compacted.base.buffer]);
