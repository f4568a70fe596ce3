/**
 * Output that comes for a run which ended under an earlier owner: a thread of it still prints (J7). What was printed after
 * the run's end goes on in its cell, where the notebook still has how far it was stored; the rest is history, told again.
 */
import type { KernelMessage } from '@cokernel/proto/jupyter';
import { messageOf } from '../errors.js';
import type { SessionLog } from './kernel-session-options.js';
import type { JournalPlace } from './live-run.js';
import type { QueuedRun } from './run-queue.js';

export interface LateOutputOptions {
  /** The run that ended; null when nobody remembers it. */
  readonly endedRun: (runId: string) => Promise<QueuedRun | null>;
  /** Goes on with it; false when its notebook knows nothing of it. */
  readonly resume: (run: QueuedRun) => Promise<boolean>;
  /** Hands on what came for a run that is gone on with. */
  readonly accept: (runId: string, message: KernelMessage, place: JournalPlace) => void;
  readonly log: SessionLog;
}

interface Waiting {
  readonly message: KernelMessage;
  readonly place: JournalPlace;
}

/** What one run may print while its notebook is opened. */
const MOST_WAITING = 10_000;
/** What a widget's callbacks print belongs to no run, and to another message each time. */
const MOST_KNOWN = 1_000;

export class LateOutput {
  private readonly ended = new Map<string, Promise<QueuedRun | null>>();
  private readonly waiting = new Map<string, Waiting[]>();

  constructor(private readonly options: LateOutputOptions) {}

  /** Output of a run that this owner does not know. */
  take(runId: string, message: KernelMessage, place: JournalPlace): void {
    const waiting = this.waiting.get(runId);
    if (waiting !== undefined) {
      if (waiting.length < MOST_WAITING) waiting.push({ message, place });
      return;
    }
    this.look(runId, message, place).catch((error: unknown) => {
      this.waiting.delete(runId);
      this.options.log.warn({ runId, reason: messageOf(error) }, 'late output could not be shown');
    });
  }

  private async look(runId: string, message: KernelMessage, place: JournalPlace): Promise<void> {
    const run = await this.endedRun(runId);
    if (run === null || !isAfter(message.header.date, run.view.finishedAt)) return;
    const waiting = this.waiting.get(runId) ?? [];
    waiting.push({ message, place });
    if (this.waiting.has(runId)) return;
    this.waiting.set(runId, waiting);
    const goesOn = await this.options.resume(run);
    this.waiting.delete(runId);
    if (!goesOn) this.ended.set(runId, Promise.resolve(null));
    else for (const late of waiting) this.options.accept(runId, late.message, late.place);
  }

  /** Asked once a run. */
  private endedRun(runId: string): Promise<QueuedRun | null> {
    const asked = this.ended.get(runId) ?? this.options.endedRun(runId);
    this.ended.set(runId, asked);
    const [oldest] = this.ended.keys();
    if (this.ended.size > MOST_KNOWN && oldest !== undefined) this.ended.delete(oldest);
    return asked;
  }
}

/** In the same millisecond counts too: what was stored is known by its place in the journal, and not taken twice. */
function isAfter(date: string, end: string | null): boolean {
  return end !== null && Date.parse(date) >= Date.parse(end);
}
