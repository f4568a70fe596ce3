/**
 * The stage of the tortures of many hubs: two hubs on one folder and one Redis, Ann at the one and Ben at the other, each
 * of whom goes to the other hub when theirs is gone; both type all the time. After a round the queue of both must be that
 * of Redis, all copies of the notebook must be the same and complete, and each run must have run as often as its end says.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { startCluster, type Cluster, type ClusterHub } from '../../end-to-end/support/cluster.js';
import { pythonKernelspec } from '../../end-to-end/support/kernelspecs.js';
import { python } from '../../end-to-end/support/languages.js';
import { writeNotebook } from '../../end-to-end/support/notebook-file.js';
import type { Scratch } from '../../end-to-end/support/scratch.js';
import { until } from '../../end-to-end/support/until.js';
import { askFor, untilAnswered, type Who } from './asked-runs.js';
import { cellsSeen, differencesOfQueue, documentOf } from './cluster-copies.js';
import { programNames, programSources } from './cluster-programs.js';
import { FaultWire } from './fault-wire.js';
import { comeAsGuest } from './guest.js';
import { faultsOfCells, faultsOfRuns } from './judge-runs.js';
import { requestsSent } from './keeper-journal.js';
import { leaderOf } from './leader-of.js';
import { RedisReader } from './redis-reader.js';
import { savedCell } from './saved-cells.js';
import { differenceOfText } from './shown-output.js';
import { startsOf, timesRun } from './started-runs.js';
import { StoredQueue, type QueueState } from './stored-queue.js';
import { Typist } from './typist.js';
import type { Visitor } from './visitor.js';

export const NOTEBOOK = 'siege.ipynb';
/** The cell into which others than Ann and Ben type. */
export const NOTES_OF_CROWD = 'notesOfCrowd';
const TYPES_EVERY_MS = 20;
const SETTLE_WITHIN_MS = 45_000;

/** Whose cell each types into. */
const notes: Readonly<Record<Who, string>> = { ann: 'notesOfAnn', ben: 'notesOfBen' };

interface SiegeParts {
  readonly scratch: Scratch;
  readonly cluster: Cluster;
  /** By the hub's name: its way to Redis. */
  readonly wires: ReadonlyMap<string, FaultWire>;
  readonly redis: RedisReader;
  readonly people: Readonly<Record<Who, Visitor>>;
  readonly queue: StoredQueue;
}

export class ClusterSiege {
  private readonly typists: Readonly<Record<Who, Typist>>;
  /** Ids of the runs that people were told of. */
  readonly accepted: string[] = [];
  /** Names of those who have withdrawn what waited of theirs. */
  readonly withdrawers = new Set<string>();
  /** Hubs that are being started again. */
  private starting: Promise<void>[] = [];

  private constructor(private readonly parts: SiegeParts) {
    const typist = (who: Who): Typist => new Typist(parts.people[who], notes[who], TYPES_EVERY_MS);
    this.typists = { ann: typist('ann'), ben: typist('ben') };
  }

  static async open(scratch: Scratch, options: { readonly leaseMs: number }): Promise<ClusterSiege> {
    const served = scratch.make('served');
    const places = { ran: `${scratch.folder}/ran`, gates: scratch.make('gates') };
    const empty = { [notes.ann]: '', [notes.ben]: '', [NOTES_OF_CROWD]: '' };
    writeNotebook(join(served, NOTEBOOK), python, { ...empty, ...programSources(places) });
    const wires = new Map<string, FaultWire>();
    const cluster = await startCluster(scratch, {
      served,
      kernelspecs: pythonKernelspec(scratch),
      leaseMs: options.leaseMs,
      log: `${scratch.folder}/hubs.log`,
      redisUrlOf: (name, url) => wiredUrl(scratch, wires, name, url),
    });
    const people = {
      ann: await visit(scratch, 'Ann', cluster.hubs),
      ben: await visit(scratch, 'Ben', [...cluster.hubs].reverse()),
    };
    const { runIds } = await askFor(people.ann, ['quick']);
    const kernel = await until('the kernel to be known', () => people.ann.room.state.kernel);
    const redis = new RedisReader(cluster.redis.port);
    const queue = new StoredQueue(redis, kernel.kernelId);
    const siege = new ClusterSiege({ scratch, cluster, wires, redis, people, queue });
    siege.accepted.push(...runIds);
    scratch.atEnd(() => siege.stop());
    await siege.settle();
    return siege;
  }

  get people(): Readonly<Record<Who, Visitor>> {
    return this.parts.people;
  }

  get cluster(): Cluster {
    return this.parts.cluster;
  }

  /** The hub that leads; waits until there is one. */
  leader(): Promise<ClusterHub> {
    const { cluster, redis } = this.parts;
    return until('a hub to lead', () => leaderOf(cluster, redis));
  }

  wireOf(hub: ClusterHub): FaultWire {
    const wire = this.parts.wires.get(hub.name);
    if (wire === undefined) throw new Error(`hub ${hub.name} has no wire`);
    return wire;
  }

  /** Begins to start a hub again; `whole` waits for it. */
  startAgain(hub: ClusterHub): void {
    const started = hub.start();
    // Heard by who waits for the whole; until then it must not count as unheard.
    started.catch(() => undefined);
    this.starting.push(started);
  }

  /** Resolves when no hub is away any more, and both people are there. */
  async whole(): Promise<void> {
    await Promise.all(this.starting.splice(0));
    const { cluster, people } = this.parts;
    for (const { name, url } of cluster.hubs) await until(`hub ${name} to be ready`, () => isReady(url));
    for (const person of Object.values(people)) await person.waits('to be there', () => person.inStep);
  }

  /** When the first of these runs began, by the kernel's clock, which is this machine's. */
  firstStart(runIds: readonly string[]): number {
    const began = startsOf(this.ranFile).filter(({ runId }) => runIds.includes(runId));
    return Math.min(...began.map(({ at }) => at));
  }

  type(): void {
    for (const typist of Object.values(this.typists)) typist.start();
  }

  /** Lets the run go on that waits at the gate. */
  openGate(runId: string): void {
    writeFileSync(join(this.parts.scratch.folder, 'gates', runId), '');
  }

  /** Resolves when both people's queues are that of Redis, as `isGood` wants it. */
  async queuesAgree(isGood: (queue: QueueState) => boolean): Promise<void> {
    const { people, queue } = this.parts;
    const differences = (): readonly string[] =>
      Object.values(people).flatMap((person) => differencesOfQueue(person, queue));
    await until(
      'both queues to be that of Redis',
      async () => isGood(await queue.read()) && differences().length === 0,
      { withinMs: SETTLE_WITHIN_MS, state: () => [JSON.stringify(queue.state), ...differences()].join('\n') },
    );
  }

  /** Resolves when nothing runs or waits any more, nobody types, and all documents are the same. */
  async settle(): Promise<void> {
    const { people } = this.parts;
    for (const typist of Object.values(this.typists)) typist.stop();
    const isOver = (queue: QueueState): boolean =>
      queue.running === null && queue.queued.length === 0 && this.accepted.every((runId) => this.hasEnded(runId));
    await this.queuesAgree(isOver);
    const isSame = (): boolean => this.isTyped() && documentOf(people.ann) === documentOf(people.ben);
    await until('both documents to be the same', isSame, {
      withinMs: SETTLE_WITHIN_MS,
      state: () =>
        [
          ...Object.values(people).map((person) => person.describe()),
          differenceOfText(documentOf(people.ann), documentOf(people.ben)) ?? 'both documents are the same',
          this.isTyped() ? 'all that was typed is there' : 'something that was typed is missing',
        ].join('\n'),
    });
  }

  /** What is wrong once all has settled, with somebody who comes only now and with the saved file. */
  async faults(): Promise<readonly string[]> {
    const { queue, people, scratch } = this.parts;
    // The lead may change at any time on a machine that is busy.
    await untilAnswered(() => people.ann.room.call('save', {}));
    await this.lateSeesTheSame();
    const sent = requestsSent(join(scratch.folder, 'data'), people.ann.room.state.kernel?.kernelId ?? '');
    const times = timesRun(this.ranFile);
    return [
      ...queue.faults,
      ...(queue.state.held === null ? [] : [`the queue is held: ${queue.state.held}`]),
      ...faultsOfRuns({ accepted: this.accepted, runs: queue.runs, times, sent, withdrawers: this.withdrawers }),
      ...faultsOfCells(queue.runs, cellsSeen(people.ann)),
      ...this.faultsOfFile(),
    ];
  }

  /** Somebody who comes only now sees the same. */
  private async lateSeesTheSame(): Promise<void> {
    const { people, cluster } = this.parts;
    const late = await comeAsGuest('Cleo', NOTEBOOK, cluster.hubs);
    const difference = (): string | null => differenceOfText(documentOf(people.ann), documentOf(late.visitor));
    await until('who comes late to see the same', () => difference() === null, {
      withinMs: SETTLE_WITHIN_MS,
      state: () => difference() ?? '',
    });
    await late.leave();
  }

  private get ranFile(): string {
    return join(this.parts.scratch.folder, 'ran');
  }

  private hasEnded(runId: string): boolean {
    return (this.parts.queue.runs.get(runId)?.finishedAt ?? null) !== null;
  }

  private isTyped(): boolean {
    return this.faultsOfTyping().length === 0;
  }

  private faultsOfTyping(): readonly string[] {
    const { people } = this.parts;
    return (['ann', 'ben'] as const).flatMap((who) =>
      Object.values(people).flatMap((person) => {
        const difference = differenceOfText(this.typists[who].typed, person.source(notes[who]));
        return difference === null ? [] : [`what ${who} typed, in ${person.name}'s document: ${difference}`];
      }),
    );
  }

  private faultsOfFile(): readonly string[] {
    const file = join(this.parts.scratch.folder, 'served', NOTEBOOK);
    const { ann } = this.parts.people;
    return [...programNames, notes.ann, notes.ben, NOTES_OF_CROWD].flatMap((cellId) => {
      const saved = savedCell(file, cellId);
      const isSame =
        saved.source === ann.source(cellId) && JSON.stringify(saved.shown) === JSON.stringify(ann.shown(cellId));
      return isSame ? [] : [`the saved file has another '${cellId}'`];
    });
  }

  /** A hub that is being started is let start: it would be left behind. */
  private async stop(): Promise<void> {
    await Promise.allSettled(this.starting);
    for (const typist of Object.values(this.typists)) typist.stop();
  }
}

async function wiredUrl(scratch: Scratch, wires: Map<string, FaultWire>, name: string, url: string): Promise<string> {
  const wire = await FaultWire.to(Number(new URL(url).port));
  wires.set(name, wire);
  scratch.atEnd(() => wire.end());
  return `redis://127.0.0.1:${wire.port}`;
}

async function visit(scratch: Scratch, name: string, hubs: readonly ClusterHub[]): Promise<Visitor> {
  const guest = await comeAsGuest(name, NOTEBOOK, hubs);
  scratch.atEnd(() => guest.leave());
  return guest.visitor;
}

async function isReady(url: string): Promise<boolean> {
  const answer = await fetch(`${url}/readyz`).catch(() => null);
  return answer?.ok === true;
}
