/** Which runs a stop of the hub ends, told before it ends them: whose, where, and the first line of what they run. */
import type { FileId } from '@cokernel/proto/hub';
import type { KernelSession } from './kernel-session.js';
import type { QueuedRun, RunQueue } from './run-queue.js';
import { QueueUnavailable } from './run-queue.js';

export interface EndingRun {
  readonly author: string;
  /** The notebook's path; null for a run without a cell. */
  readonly notebook: string | null;
  /** The first line that is not blank, cut; null when the queue's store is out of reach. */
  readonly code: string | null;
  /** How many wait behind it. */
  readonly waiting: number;
}

const SHOWN_CODE = 60;

/** The runs that these kernels work on, in the order of the kernels. */
export async function endingRuns(
  sessions: readonly KernelSession[],
  queue: RunQueue,
  pathOf: (fileId: FileId) => string | null,
): Promise<readonly EndingRun[]> {
  const found = await Promise.all(sessions.map((session) => endingRun(session, queue, pathOf)));
  return found.filter((run) => run !== null);
}

async function endingRun(
  session: KernelSession,
  queue: RunQueue,
  pathOf: (fileId: FileId) => string | null,
): Promise<EndingRun | null> {
  try {
    const [run, { queued }] = await Promise.all([queue.running(session.kernelId), queue.snapshot(session.kernelId)]);
    return run === null ? null : { ...shown(run, pathOf), waiting: queued.length };
  } catch (error) {
    if (!(error instanceof QueueUnavailable)) throw error;
    const run = session.currentRun;
    return run === null ? null : { author: run.author.name, notebook: null, code: null, waiting: 0 };
  }
}

function shown({ view, fileId, source }: QueuedRun, pathOf: (fileId: FileId) => string | null) {
  const line = source.split('\n').find((one) => one.trim() !== '') ?? '';
  const code = line.trim();
  return {
    author: view.author.name,
    notebook: fileId === null ? null : pathOf(fileId),
    code: code.length > SHOWN_CODE ? `${code.slice(0, SHOWN_CODE)}…` : code,
  };
}

/** Pure: for a person. */
export function endingRunText({ author, notebook, code, waiting }: EndingRun): string {
  const where = notebook === null ? 'outside a notebook' : `in ${notebook}`;
  const what = code === null ? '' : `: ${code}`;
  const behind = waiting === 0 ? '' : waiting === 1 ? ' (and 1 that waits)' : ` (and ${String(waiting)} that wait)`;
  return `${author}'s run ${where}${what}${behind}`;
}
