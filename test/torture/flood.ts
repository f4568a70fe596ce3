/**
 * A kernel prints without end for a minute. Meanwhile small runs on a second kernel of the same hub are timed, as they are
 * before and after; then the flood is interrupted. The memory of hub and keeper stays within bounds, the interrupt
 * ends the flood, and the second kernel always answers. How well, the figures say.
 */
import { join } from 'node:path';
import { median, percentile } from '../../bench/report.js';
import { pythonKernelspec } from '../end-to-end/support/kernelspecs.js';
import { python } from '../end-to-end/support/languages.js';
import { writeNotebook } from '../end-to-end/support/notebook-file.js';
import type { Scratch } from '../end-to-end/support/scratch.js';
import type { Figures, Round, Torture } from './harness/torture.js';
import { BesiegedHub } from './support/besieged-hub.js';
import { FloodClient } from './support/flood-client.js';
import { roundTrips } from './support/round-trips.js';
import { sizeMb } from './support/sizes.js';
import { Visitor } from './support/visitor.js';
import { watchMemory, type Memory } from './support/watched-memory.js';

export interface FloodTimes {
  /** How long the kernel prints before it is interrupted. */
  readonly floodMs: number;
  /** How long the quiet hub is measured, before and after. */
  readonly quietMs: number;
  /** Further short floods, for more times of interrupts. */
  readonly interrupts: number;
}

/** Far above what is needed: a leak of a minute's flood would pass it. */
const MOST_RSS_MB = { hub: 700, keeper: 300 } as const;
const SHORT_FLOOD_MS = 1_000;

const floods = {
  print: 'n = 0\nwhile True:\n    print("line", n)\n    n += 1',
  display:
    'from IPython.display import display\nn = 0\nwhile True:\n    display({"text/plain": f"shown {n}"}, raw=True)\n    n += 1',
  update: [
    'from IPython.display import display',
    'shown = display({"text/plain": "0"}, raw=True, display_id=True)',
    'n = 0',
    'while True:',
    '    shown.update({"text/plain": f"at {n}"}, raw=True)',
    '    n += 1',
  ].join('\n'),
} as const;
type Flood = keyof typeof floods;

export function flood(times: FloodTimes): Torture {
  return {
    name: 'flood',
    rounds: 9,
    roundsPerStage: 1,
    async openStage(scratch) {
      const stage = await openStage(scratch);
      return { round: (seed) => playRound(stage, times, floodOf(seed)) };
    },
  };
}

function floodOf(seed: number): Flood {
  return (['print', 'display', 'print', 'update'] as const)[(seed - 1) % 4] ?? 'print';
}

interface FloodStage {
  readonly scratch: Scratch;
  readonly hub: BesiegedHub;
  readonly flora: FloodClient;
  /** In the other notebook, with the other kernel. */
  readonly quinn: Visitor;
  readonly file: string;
}

async function openStage(scratch: Scratch): Promise<FloodStage> {
  const served = scratch.make('served');
  writeNotebook(join(served, 'flood.ipynb'), python, { flood: '' });
  writeNotebook(join(served, 'quiet.ipynb'), python, { small: '1 + 1' });
  const hub = await BesiegedHub.start(scratch, { served, kernelspecs: pythonKernelspec(scratch) });
  const { url, token = '' } = hub.address;
  const flora = FloodClient.start(scratch);
  await flora.tell({ order: 'join', url, token, path: 'flood.ipynb' });
  // A kernel's first runs, and its first traceback, load its own code.
  await flora.tell({ order: 'run', cellId: 'flood', source: 'print("ready")\nraise KeyboardInterrupt' });
  const quinn = await Visitor.join(hub.address, 'quiet.ipynb', 'Quinn');
  scratch.atEnd(() => quinn.leave());
  await roundTrips(quinn, 'small', 500);
  return { scratch, hub, flora, quinn, file: join(served, 'flood.ipynb') };
}

async function playRound(stage: FloodStage, times: FloodTimes, kind: Flood): Promise<Round> {
  const { flora, quinn } = stage;
  const source = floods[kind];
  const before = await roundTrips(quinn, 'small', times.quietMs);
  const watch = await watchMemory(stage.hub);
  await flora.tell({ order: 'run', cellId: 'flood', source });
  const during = await roundTrips(quinn, 'small', times.floodMs);
  const interrupts = [await flora.tell({ order: 'interrupt', cellId: 'flood' })];
  const memory = watch.end();
  for (let more = 0; more < times.interrupts; more += 1) {
    await flora.tell({ order: 'run', cellId: 'flood', source });
    await roundTrips(quinn, 'small', SHORT_FLOOD_MS);
    interrupts.push(await flora.tell({ order: 'interrupt', cellId: 'flood' }));
  }
  const after = await roundTrips(quinn, 'small', times.quietMs);
  refuseTooMuch(memory);
  const figures = { ...timesOf([...before, ...after], during, interrupts), ...memory, ...sizes(stage) };
  return { what: kind, figures };
}

function refuseTooMuch({ hubPeakMb, keeperPeakMb }: Memory): void {
  const faults = [
    hubPeakMb > MOST_RSS_MB.hub ? [`the hub took ${Math.round(hubPeakMb)} MB`] : [],
    keeperPeakMb > MOST_RSS_MB.keeper ? [`the keeper took ${Math.round(keeperPeakMb)} MB`] : [],
  ].flat();
  if (faults.length > 0) throw new Error(faults.join(', '));
}

function timesOf(quiet: readonly number[], during: readonly number[], interrupts: readonly number[]): Figures {
  const [quietP99Ms, floodP99Ms] = [percentile(quiet, 99), percentile(during, 99)];
  return {
    quietP50Ms: median(quiet),
    quietP99Ms,
    floodP50Ms: median(during),
    floodP99Ms,
    p99Ratio: floodP99Ms / quietP99Ms,
    samples: quiet.length + during.length,
    interruptMedianMs: median(interrupts),
    interruptMaxMs: Math.max(...interrupts),
  };
}

function sizes({ scratch, file }: FloodStage): Figures {
  return {
    storeMb: sizeMb(join(scratch.folder, 'data', 'stores')),
    journalMb: sizeMb(join(scratch.folder, 'data', 'kernels')),
    fileMb: sizeMb(file),
  };
}
