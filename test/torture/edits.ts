/**
 * Three people edit one notebook at random. Meanwhile one of them is cut off and comes back, somebody comes with a document
 * of another history, the hub is killed, the file is changed on disk. In the end all copies agree, each word that was
 * written is there once (of two versions that are both kept, once in each), no cell is there twice, and nothing of the
 * other history came in.
 */
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { readDocument } from '@cokernel/proto/notebook';
import { z } from 'zod';
import { pythonKernelspec } from '../end-to-end/support/kernelspecs.js';
import { python } from '../end-to-end/support/languages.js';
import { readCells, writeNotebook, type SavedCell } from '../end-to-end/support/notebook-file.js';
import type { Scratch } from '../end-to-end/support/scratch.js';
import { until } from '../end-to-end/support/until.js';
import { Random } from './harness/random.js';
import type { Round, Torture } from './harness/torture.js';
import { BesiegedHub } from './support/besieged-hub.js';
import { changeOnDisk } from './support/disk-editor.js';
import { faultsOf, type CopiedCell, type NotebookCopy } from './support/notebook-copy.js';
import { comeWithOldHistory } from './support/old-history.js';
import { Visitor } from './support/visitor.js';
import { Wire } from './support/wire.js';
import { Writer } from './support/writer.js';

const NOTEBOOK = 'edits.ipynb';
const NAMES = ['Ann', 'Ben', 'Cleo'] as const;
const SETTLES_WITHIN_MS = 60_000;

export const edits: Torture = {
  name: 'edits',
  rounds: 1_000,
  roundsPerStage: 10,
  async openStage(scratch) {
    const stage = await EditStage.open(scratch);
    return { round: (seed) => playRound(stage, seed) };
  },
};

interface Seat {
  readonly visitor: Visitor;
  readonly wire: Wire;
}

type NamedCopy = readonly [whose: string, copy: NotebookCopy];

/** What a cell says that was put beside another. */
const Beside = z.object({ cokernel: z.object({ conflict: z.object({ of: z.string() }) }) });

class EditStage {
  /** Of all rounds; each may meet edits of the same lines in one cell. */
  diskChanges = 0;

  private constructor(
    readonly hub: BesiegedHub,
    readonly seats: readonly Seat[],
    readonly file: string,
    /** Words of earlier rounds that are still to be there. */
    readonly kept: Set<string>,
  ) {}

  static async open(scratch: Scratch): Promise<EditStage> {
    const served = scratch.make('served');
    const file = join(served, NOTEBOOK);
    writeNotebook(file, python, { one: 'one\n', two: 'two\n', three: 'three\n', four: 'four\n' });
    const hub = await BesiegedHub.start(scratch, { served, kernelspecs: pythonKernelspec(scratch) });
    const seats: Seat[] = [];
    for (const name of NAMES) {
      const wire = await Wire.to(Number(new URL(hub.address.url).port));
      scratch.atEnd(() => wire.end());
      const url = `http://127.0.0.1:${String(wire.port)}`;
      const visitor = await Visitor.join({ ...hub.address, url }, NOTEBOOK, name);
      scratch.atEnd(() => visitor.leave());
      seats.push({ visitor, wire });
    }
    return new EditStage(hub, seats, file, new Set());
  }
}

interface Plan {
  readonly ticks: number;
  /** Which seat is cut off, from and to which tick; null: none. */
  readonly cut: { readonly seat: number; readonly from: number; readonly to: number } | null;
  readonly killAt: number | null;
  readonly oldAt: number | null;
  readonly diskAt: number | null;
}

function choosePlan(random: Random): Plan {
  const ticks = random.between(20, 60);
  const some = (times: number): number | null => (random.onceIn(times) ? random.between(0, ticks - 1) : null);
  const from = some(2);
  const cut = from === null ? null : { seat: random.between(0, 2), from, to: random.between(from, ticks + 20) };
  return { ticks, cut, killAt: some(2), oldAt: some(3), diskAt: some(2) };
}

async function playRound(stage: EditStage, seed: number): Promise<Round> {
  const random = new Random(seed);
  const plan = choosePlan(random);
  const what = describePlan(plan);
  const mark = `s${String(seed)}`;
  const writers = stage.seats.map(({ visitor }, n) => new Writer(visitor, random, `${mark}${'abc'.charAt(n)}`));
  const disturbances: Promise<unknown>[] = [];
  try {
    for (let tick = 0; tick < plan.ticks; tick += 1) {
      disturbances.push(...disturb(stage, plan, tick, mark, random));
      for (const writer of writers) if (random.onceIn(2)) writer.edit();
      if (random.onceIn(15)) disturbances.push(writers[random.between(0, 2)]?.move() ?? Promise.resolve());
      await delay(random.between(0, 25));
    }
    // What somebody asks for who is cut off waits until they are back.
    for (const { wire } of stage.seats) wire.mend();
    // A fault in one must not leave the others without anybody who hears of theirs.
    const ends = await Promise.allSettled(disturbances);
    for (const end of ends) if (end.status === 'rejected') throw end.reason;
    for (const writer of writers) for (const word of writer.written) stage.kept.add(word);
    if (plan.diskAt !== null) stage.kept.add(diskWord(mark));
    const settleMs = await judge(stage, mark);
    const acknowledged = writers.reduce((sum, writer) => sum + writer.acknowledged.length, 0);
    const words = writers.reduce((sum, writer) => sum + writer.written.length, 0);
    return { what, figures: { settleMs, words, acknowledged } };
  } catch (error) {
    throw new Error(`${what}\n  ${error instanceof Error ? error.message : String(error)}`, { cause: error });
  } finally {
    for (const writer of writers) writer.stop();
  }
}

function describePlan({ ticks, cut, killAt, oldAt, diskAt }: Plan): string {
  const parts = [
    cut === null ? [] : [`${NAMES[cut.seat] ?? 'one'} cut off ${String(cut.from)}–${String(cut.to)}`],
    killAt === null ? [] : [`SIGKILL at ${String(killAt)}`],
    oldAt === null ? [] : [`old history at ${String(oldAt)}`],
    diskAt === null ? [] : [`disk at ${String(diskAt)}`],
  ].flat();
  return `${String(ticks)} ticks${parts.map((part) => `, ${part}`).join('')}`;
}

const diskWord = (mark: string): string => `${mark}disk`;
const oldWord = (mark: string): string => `${mark}old`;

function disturb(
  stage: EditStage,
  plan: Plan,
  tick: number,
  mark: string,
  random: Random,
): readonly Promise<unknown>[] {
  const { hub, seats, file } = stage;
  const begun: Promise<unknown>[] = [];
  if (plan.cut?.from === tick) seats[plan.cut.seat]?.wire.cut();
  if (plan.cut?.to === tick) seats[plan.cut.seat]?.wire.mend();
  if (plan.diskAt === tick) {
    changeOnDisk(file, diskWord(mark), random);
    stage.diskChanges += 1;
  }
  if (plan.killAt === tick) begun.push(hub.kill('SIGKILL').then(() => hub.startAgain()));
  if (plan.oldAt === tick) begun.push(comeWithOldHistory(hub.address, NOTEBOOK, oldWord(mark)));
  return begun;
}

/** Resolves with the time until all copies agreed; rejects with what is wrong in them. */
async function judge(stage: EditStage, mark: string): Promise<number> {
  const { hub, seats, file } = stage;
  const began = Date.now();
  const visitors = seats.map(({ visitor }) => visitor);
  for (const visitor of visitors) await visitor.waits('to be back', () => visitor.inStep, SETTLES_WITHIN_MS);
  let copies: readonly NamedCopy[] = [];
  await until(
    'all copies to be complete and the same',
    async () => {
      await visitors[0]?.room.call('save', {});
      copies = [...visitors.map((visitor) => [visitor.name, copyOf(visitor)] as const), ['the file', copyOfFile(file)]];
      return faultsInAll(stage, copies, mark).length === 0;
    },
    { withinMs: SETTLES_WITHIN_MS, state: () => faultsInAll(stage, copies, mark).slice(0, 5).join('\n  ') },
  );
  const took = Date.now() - began;
  const late = await Visitor.join(hub.address, NOTEBOOK, 'Dora');
  const [first] = copies;
  const faults = first === undefined ? [] : faultsInAll(stage, [first, ['who comes late', copyOf(late)]], mark);
  late.leave();
  if (faults.length > 0) throw new Error(faults.slice(0, 5).join('\n  '));
  return took;
}

function copyOf(visitor: Visitor): NotebookCopy {
  const { document } = visitor.room;
  if (document === null) throw new Error(`${visitor.name} has no document`);
  return readDocument(document.doc).cells.map(copiedCell);
}

function copyOfFile(file: string): NotebookCopy {
  return readCells(file).map(copiedCell);
}

function copiedCell({ id, source, metadata }: Pick<SavedCell, 'id' | 'source' | 'metadata'>): CopiedCell {
  return { id, source, conflictOf: Beside.safeParse(metadata).data?.cokernel.conflict.of ?? null };
}

/** Of each copy; the first is what the others are to be like. */
function faultsInAll({ kept, diskChanges }: EditStage, copies: readonly NamedCopy[], mark: string): readonly string[] {
  const [, reference] = copies[0] ?? ['', []];
  return copies.flatMap(([whose, copy]) => {
    const faults = [...faultsOf(copy, kept, diskChanges)];
    if (JSON.stringify(copy) !== JSON.stringify(reference)) faults.push('it differs from the first copy');
    if (copy.some(({ source }) => source.includes(oldWord(mark)))) faults.push('a word of the other history is in it');
    return faults.map((fault) => `${whose}: ${fault}`);
  });
}
