/** What becomes of runs: how many wait and run, how long they waited, and how they ended. */
import { Counter, Gauge, Histogram } from 'prom-client';
import type { Registry } from 'prom-client';
import type { RunState, RunView } from '@cokernel/proto/hub';
import { messageOf } from '../errors.js';
import type { KernelSession } from '../run/kernel-session.js';
import type { SessionLog } from '../run/kernel-session-options.js';
import type { QueueChange, QueueSnapshot, RunQueue } from '../run/run-queue.js';

export interface RunFiguresOptions {
  readonly registry: Registry;
  readonly queue: Pick<RunQueue, 'snapshot'>;
  readonly log: Pick<SessionLog, 'warn'>;
}

type Followed = Pick<KernelSession, 'kernelId' | 'watch'>;

/** From a run on an idle kernel to one behind a class that computes for hours. */
const WAIT_SECONDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1_800, 7_200];
const END_STATES = ['succeeded', 'failed', 'cancelled', 'lost'] as const satisfies readonly RunState[];

export class RunFigures {
  /** As they were told last; null until they were. */
  private readonly queues = new Map<Followed, QueueSnapshot | null>();
  private readonly ended: Counter<'state'>;
  private readonly wait: Histogram;

  constructor(private readonly options: RunFiguresOptions) {
    const registers = [options.registry];
    this.ended = new Counter({
      name: 'cokernel_runs_ended_total',
      help: 'Runs that have ended on kernels of this hub, by how.',
      labelNames: ['state'],
      registers,
    });
    for (const state of END_STATES) this.ended.inc({ state }, 0);
    this.wait = new Histogram({
      name: 'cokernel_run_queue_wait_seconds',
      help: 'How long runs waited in the queue until they began.',
      buckets: WAIT_SECONDS,
      registers,
    });
    const count = (state: 'queued' | 'running'): number => this.count(state);
    new Gauge({
      name: 'cokernel_runs',
      help: 'Runs that wait or run on kernels of this hub.',
      labelNames: ['state'],
      registers,
      collect() {
        for (const state of ['queued', 'running'] as const) this.set({ state }, count(state));
      },
    });
  }

  /** Goes along with a session until it ends. */
  follow(session: Followed): void {
    this.queues.set(session, null);
    session.watch({
      heard: () => undefined,
      kernelChanged: () => undefined,
      queueChanged: (change) => this.changed(session, change),
      ended: () => void this.queues.delete(session),
      clientCount: () => 0,
    });
    this.readFirst(session).catch((error: unknown) => {
      const fields = { kernelId: session.kernelId, error: messageOf(error) };
      this.options.log.warn(fields, 'what waits in a queue is not counted before it changes');
    });
  }

  /** What an earlier hub left in the queue: changes alone are told. */
  private async readFirst(session: Followed): Promise<void> {
    const snapshot = await this.options.queue.snapshot(session.kernelId);
    if (this.queues.get(session) === null) this.queues.set(session, snapshot);
  }

  private changed(session: Followed, { snapshot, finished }: QueueChange): void {
    const { running } = snapshot;
    const before = this.queues.get(session)?.running ?? null;
    this.queues.set(session, snapshot);
    if (running !== null && running.runId !== before?.runId) this.began(running);
    for (const { state } of finished) this.ended.inc({ state });
  }

  /** Never less than nothing: the clocks of two hubs may differ. */
  private began({ queuedAt, startedAt }: RunView): void {
    if (startedAt === null) return;
    this.wait.observe(Math.max(0, Date.parse(startedAt) - Date.parse(queuedAt)) / 1_000);
  }

  private count(state: 'queued' | 'running'): number {
    const counts = [...this.queues.values()].map((queue) => {
      if (queue === null) return 0;
      return state === 'queued' ? queue.queued.length : Number(queue.running !== null);
    });
    return counts.reduce((sum, count) => sum + count, 0);
  }
}
