/**
 * One kernel's queue as Redis has it, from its stream of changes: what it is after the last of them, and how every run
 * ended. Each change has the number after the one before it; one that is missing or comes twice is a fault.
 */
import { RunView, type KernelId } from '@cokernel/proto/hub';
import { z } from 'zod';
import { isList, type RedisReader, type Reply } from './redis-reader.js';

/** A run that waits, without what that says. */
const Waiting = RunView.omit({ state: true, startedAt: true, finishedAt: true, executionCount: true, reason: true });

/** What is absent is as before. */
const Change = z.object({
  number: z.number().int(),
  held: z.string().nullable().exactOptional(),
  added: z.array(z.object({ at: z.number().int(), run: Waiting })).default([]),
  order: z.array(z.string()).exactOptional(),
  started: z.object({ runId: z.string(), startedAt: z.string() }).exactOptional(),
  ended: z
    .array(RunView.pick({ runId: true, state: true, finishedAt: true, executionCount: true, reason: true }))
    .default([]),
});
type Change = z.infer<typeof Change>;

/** What is to be the same wherever the queue is looked at. */
export interface QueueState {
  readonly number: number;
  readonly held: string | null;
  readonly running: string | null;
  readonly queued: readonly string[];
}

export class StoredQueue {
  state: QueueState = { number: 0, held: null, running: null, queued: [] };
  /** Every run that was ever accepted, as it was seen last. */
  readonly runs = new Map<string, RunView>();
  readonly faults: string[] = [];

  constructor(
    private readonly redis: RedisReader,
    private readonly kernelId: KernelId,
  ) {}

  /** Takes in what was changed since the last time. */
  async read(): Promise<QueueState> {
    const entries = await this.redis.ask('XRANGE', this.key('changes'), `(${this.state.number}-0`, '+');
    if (!isList(entries)) throw new Error('the stream of changes is no list');
    for (const entry of entries) this.follow(await this.changeOf(entry));
    return this.state;
  }

  /**
   * An entry is its id and a field with a value: `change` and its JSON, or `added` and two lines of each run, its place and
   * its id as JSON.
   */
  private async changeOf(entry: Reply): Promise<Change> {
    const [id, fields] = isList(entry) ? entry : [];
    const [name, text] = isList(fields) ? fields : [];
    if (typeof id !== 'string' || typeof text !== 'string') throw new Error('the stream has an entry that is none');
    if (name === 'change') return Change.parse(JSON.parse(text));
    const added = [...text.matchAll(/(\d+)\n(.*)\n/g)].map(async ([, at, runId]) => {
      const run = await this.redis.ask('HGET', this.key('queue'), `run ${runId}`);
      return { at: Number(at), run: JSON.parse(typeof run === 'string' ? run : 'null') as unknown };
    });
    return Change.parse({ number: Number.parseInt(id), added: await Promise.all(added) });
  }

  private key(part: string): string {
    return `cokernel:{k:${this.kernelId}}:${part}`;
  }

  private follow({ number, held = this.state.held, added, order, started, ended }: Change): void {
    if (number !== this.state.number + 1) this.faults.push(`change ${number} comes after ${this.state.number}`);
    const gone = new Set([started?.runId, ...ended.map(({ runId }) => runId)]);
    const queued = [...(order ?? this.state.queued.filter((runId) => !gone.has(runId)))];
    for (const { at, run } of added) {
      queued.splice(at, 0, run.runId);
      const open = { startedAt: null, finishedAt: null, executionCount: null, reason: null };
      this.runs.set(run.runId, { ...run, state: 'queued', ...open });
    }
    for (const end of ended) this.change(end.runId, end);
    // One that began in the same step as another ended began behind it.
    const before = ended.some(({ runId }) => runId === this.state.running) ? null : this.state.running;
    if (started !== undefined) this.begin(started.runId, started.startedAt, before);
    this.state = { number, held, running: started?.runId ?? before, queued };
  }

  private begin(runId: string, startedAt: string, before: string | null): void {
    if (before !== null) this.faults.push(`${runId} began while ${before} ran`);
    this.change(runId, { state: 'running', startedAt });
  }

  private change(runId: string, changes: Partial<RunView>): void {
    const run = this.runs.get(runId);
    if (run === undefined) this.faults.push(`${runId} was never accepted and is ${changes.state ?? 'there'}`);
    else if (run.finishedAt !== null) this.faults.push(`${runId} was ${run.state} and is ${changes.state ?? 'there'}`);
    else this.runs.set(runId, { ...run, ...changes });
  }
}
