/**
 * A cell prints a million lines, shows 2,000 plots of 200 KB, or draws progress bars for a minute. Meanwhile one client
 * types and another sees it. Both stay live, the document stays small, all that was printed can be read, and the hub gives
 * its memory back. How well, the figures say.
 */
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { HubClient } from '@cokernel/core';
import { encodeStateAsUpdate } from 'yjs';
import { median, percentile } from '../../bench/report.js';
import { pythonKernelspec } from '../end-to-end/support/kernelspecs.js';
import { python } from '../end-to-end/support/languages.js';
import { writeNotebook } from '../end-to-end/support/notebook-file.js';
import type { Scratch } from '../end-to-end/support/scratch.js';
import { until } from '../end-to-end/support/until.js';
import type { Figures, Round, Torture } from './harness/torture.js';
import { BesiegedHub } from './support/besieged-hub.js';
import { typeAcross } from './support/keystrokes.js';
import { kinds, sourceOf, textOf, type LargeCounts, type LargeKind } from './support/large-outputs.js';
import { readLargeText } from './support/read-large-text.js';
import { readPlots } from './support/read-plots.js';
import { rssMb, sizeMb } from './support/sizes.js';
import { Visitor } from './support/visitor.js';
import { watchMemory } from './support/watched-memory.js';

export interface LargeOutputOptions extends LargeCounts {
  /** How long keystrokes are timed before the run. */
  readonly quietMs: number;
  /** A keystroke takes no longer (median), unless it takes a tenth of that without the run. */
  readonly mostCrossingMs: number;
  /** What the hub may hold in the end beyond its start. */
  readonly mostRssMoreMb: number;
  /** Rounds on one hub. With more than one it is warm when the second begins. */
  readonly roundsPerStage: number;
}

const NOTEBOOK = 'large.ipynb';
const RUN_WITHIN_MS = 600_000;
const MOST_GROWTH_BYTES = 2 ** 20;
const RSS_BACK_WITHIN_MS = 180_000;
const SLOWER_AT_MOST = 10;

export function largeOutput(options: LargeOutputOptions): Torture {
  return {
    name: 'large-output',
    rounds: 3,
    roundsPerStage: options.roundsPerStage,
    async openStage(scratch) {
      const stage = await openStage(scratch);
      return { round: (seed) => playRound(stage, options, kinds[(seed - 1) % kinds.length] ?? 'prints', seed) };
    },
  };
}

interface LargeOutputStage {
  readonly scratch: Scratch;
  readonly hub: BesiegedHub;
  /** She types and runs. */
  readonly ann: Visitor;
  readonly ben: Visitor;
  readonly file: string;
}

async function openStage(scratch: Scratch): Promise<LargeOutputStage> {
  const served = scratch.make('served');
  const file = join(served, NOTEBOOK);
  writeNotebook(file, python, { notes: '', prints: '', plots: '', progress: '', ready: 'print("ready")' });
  const hub = await BesiegedHub.start(scratch, { served, kernelspecs: pythonKernelspec(scratch) });
  const ann = await Visitor.join(hub.address, NOTEBOOK, 'Ann');
  scratch.atEnd(() => ann.leave());
  const ben = await Visitor.join(hub.address, NOTEBOOK, 'Ben');
  scratch.atEnd(() => ben.leave());
  await ann.sawEnd('ready', await ann.run('ready', 'print("ready")'));
  await ann.room.call('save', {});
  return { scratch, hub, ann, ben, file };
}

async function playRound(
  stage: LargeOutputStage,
  options: LargeOutputOptions,
  kind: LargeKind,
  seed: number,
): Promise<Round> {
  const { hub, ann, ben } = stage;
  const quietTyping = typeAcross(ann, ben, 'notes');
  await delay(options.quietMs);
  const quiet = await quietTyping.end();
  const stateBefore = stateBytes(ben);
  const watch = await watchMemory(hub);
  const began = Date.now();
  const typing = typeAcross(ann, ben, 'notes');
  await run(stage, kind, sourceOf(kind, options, seed));
  const runMs = Date.now() - began;
  const crossing = await typing.end();
  refuseSlow(quiet, crossing, options);
  const grownBytes = stateBytes(ben) - stateBefore;
  if (grownBytes > MOST_GROWTH_BYTES) throw new Error(`the document grew by ${grownBytes} bytes`);
  await ann.room.call('save', {});
  const read = await readAll(stage, options, kind, seed);
  const memory = watch.end();
  const figures = { runMs, ...timesOf(quiet, crossing), grownBytes, ...read, ...memory };
  return {
    what: kind,
    figures: { ...figures, ...(await memoryBack(hub, memory.hubStartMb + options.mostRssMoreMb)), ...sizes(stage) },
  };
}

/** Resolves when both have seen its end, and where all of it is. */
async function run({ ann, ben }: LargeOutputStage, cellId: LargeKind, source: string): Promise<void> {
  ann.write(cellId, source);
  const runId = await ann.run(cellId, source);
  for (const visitor of [ann, ben]) {
    const end = await visitor.sawEnd(cellId, runId, RUN_WITHIN_MS);
    if (end !== 'succeeded') throw new Error(`the run ${end}: ${JSON.stringify(visitor.shown(cellId).at(-1))}`);
    const isNamed = (): boolean =>
      visitor.outputs(cellId).every((output) => !('stored' in output) || output.stored?.sha256 !== null);
    await visitor.waits('to see where all of it is', isNamed);
  }
}

function stateBytes({ name, room }: Visitor): number {
  if (room.document === null) throw new Error(`${name} has no document`);
  return encodeStateAsUpdate(room.document.doc).length;
}

/** All clients have the same, somebody who comes late too, and what it stands for is whole. */
async function readAll(
  { hub, ann, ben, file }: LargeOutputStage,
  counts: LargeCounts,
  cellId: LargeKind,
  seed: number,
): Promise<Figures> {
  const { fileId } = ann.room.state;
  if (fileId === null) throw new Error('the room has no file');
  const outputs = ann.outputs(cellId);
  const late = await Visitor.join(hub.address, NOTEBOOK, 'Dora');
  const lateBytes = stateBytes(late);
  for (const { name, ...others } of [ben, late].map((one) => ({ name: one.name, outputs: one.outputs(cellId) }))) {
    if (JSON.stringify(others.outputs) !== JSON.stringify(outputs))
      throw new Error(`${name} sees other output than Ann`);
  }
  late.leave();
  const place = { hub: new HubClient(hub.address), fileId, outputs, cellId, file };
  if (cellId === 'plots') return { lateBytes, wholeInFile: await readPlots({ ...place, count: counts.plots, seed }) };
  const lastLine = ann.shown(cellId).at(-1)?.text.trimEnd().split('\n').at(-1) ?? '';
  const text = textOf(cellId, counts, lastLine);
  await readLargeText(place, text);
  return { lateBytes, textBytes: text.length };
}

function refuseSlow(quiet: readonly number[], crossing: readonly number[], options: LargeOutputOptions): void {
  const mostMs = Math.max(options.mostCrossingMs, SLOWER_AT_MOST * median(quiet));
  if (median(crossing) > mostMs) throw new Error(`a keystroke took ${Math.round(median(crossing))} ms (median)`);
}

function timesOf(quiet: readonly number[], crossing: readonly number[]): Figures {
  return {
    keystrokes: crossing.length,
    quietP50Ms: median(quiet),
    quietP99Ms: percentile(quiet, 99),
    runP50Ms: median(crossing),
    runP99Ms: percentile(crossing, 99),
    p50Ratio: median(crossing) / median(quiet),
  };
}

/** Resolves when the hub has given back what it took for the run. */
async function memoryBack(hub: BesiegedHub, mostMb: number): Promise<Figures> {
  const began = Date.now();
  const isBack = (): boolean => rssMb(hub.pid) <= mostMb;
  const state = (): string => `It has ${Math.round(rssMb(hub.pid))} MB and may have ${Math.round(mostMb)} MB.`;
  await until('the hub to give its memory back', isBack, { withinMs: RSS_BACK_WITHIN_MS, state });
  return { hubAfterMb: rssMb(hub.pid), memoryBackMs: Date.now() - began };
}

function sizes({ scratch, file }: LargeOutputStage): Figures {
  return {
    storeMb: sizeMb(join(scratch.folder, 'data', 'stores')),
    journalMb: sizeMb(join(scratch.folder, 'data', 'kernels')),
    fileMb: sizeMb(file),
  };
}
