/**
 * How one kernel's queue lies in LMDB: a head, the running run, one record an entry of each list, so that a step writes what
 * it changed and no more, and the places of what waits, which is not in the order of its entries.
 */
import type { KernelId } from '@cokernel/proto/hub';
import { RequestId, RunView } from '@cokernel/proto/hub';
import { z } from 'zod';
import type { WaitingRun } from '../../run/queue-order.js';
import type { AnsweredRequest, Entry, RunQueueState } from '../../run/run-queue-state.js';
import { emptyRunQueue } from '../../run/run-queue-state.js';
import { StoredAnswer, StoredHead, StoredRun } from '../stored-run.js';
import { committed, type LmdbRoot } from './lmdb-database.js';

const StoredRequest: z.ZodType<AnsweredRequest> = z.object({ requestId: RequestId, answer: StoredAnswer });

const lists = ['queued', 'finished', 'requests'] as const;
type ListName = (typeof lists)[number];

/** Entry and round of each waiting run, in order. */
const StoredPlaces = z.array(z.tuple([z.number().int(), z.number().int()]));

export function loadQueue(root: LmdbRoot, kernelId: KernelId): RunQueueState {
  const head = root.get(keyOf(kernelId, 'head'));
  if (head === undefined) return emptyRunQueue;
  const running = root.get(keyOf(kernelId, 'running'));
  return {
    ...StoredHead.parse(head),
    running: running === undefined ? null : StoredRun.parse(running),
    queued: loadQueued(root, kernelId),
    finished: loadList(root, kernelId, 'finished', RunView),
    requests: loadList(root, kernelId, 'requests', StoredRequest),
  };
}

/**
 * Resolves when what differs between the two states is durable, all of it or nothing. Written off the main thread: a
 * synchronous commit saves a fifth of a millisecond, but holds up every keystroke while the disk is busy.
 */
export async function storeQueue(
  root: LmdbRoot,
  kernelId: KernelId,
  before: RunQueueState,
  after: RunQueueState,
): Promise<void> {
  const writes: Promise<boolean>[] = [];
  const batch = root.batch(() => {
    const { number, held, rules, turn, fence, nextEntry } = after;
    writes.push(root.put(keyOf(kernelId, 'head'), { number, held, rules, turn, fence, nextEntry }));
    if (after.queued !== before.queued) writes.push(storePlaces(root, kernelId, after));
    if (after.running !== before.running) writes.push(storeRunning(root, kernelId, after));
    for (const list of lists) writes.push(...storeList(root, kernelId, list, before[list], after[list]));
  });
  await committed([batch, ...writes]);
}

export async function dropQueue(root: LmdbRoot, kernelId: KernelId): Promise<void> {
  const removals: Promise<boolean>[] = [];
  const batch = root.batch(() => {
    for (const key of [...root.getKeys(rangeOf(kernelId))]) removals.push(root.remove(key));
  });
  await committed([batch, ...removals]);
}

function storeRunning(root: LmdbRoot, kernelId: KernelId, state: RunQueueState): Promise<boolean> {
  const key = keyOf(kernelId, 'running');
  return state.running === null ? root.remove(key) : root.put(key, state.running);
}

function storeList(
  root: LmdbRoot,
  kernelId: KernelId,
  list: ListName,
  before: readonly Entry<unknown>[],
  after: readonly Entry<unknown>[],
): Promise<boolean>[] {
  if (before === after) return [];
  const [known, left] = [before, after].map((list) => new Set(list.map(({ entry }) => entry)));
  const added = after.filter(({ entry }) => known?.has(entry) === false);
  const removed = before.filter(({ entry }) => left?.has(entry) === false);
  return [
    ...removed.map(({ entry }) => root.remove([...keyOf(kernelId, list), entry])),
    ...added.map(({ entry, value }) => root.put([...keyOf(kernelId, list), entry], value)),
  ];
}

function storePlaces(root: LmdbRoot, kernelId: KernelId, { queued }: RunQueueState): Promise<boolean> {
  const places = queued.map(({ entry, round }): [number, number] => [entry, round]);
  return root.put(keyOf(kernelId, 'places'), places);
}

/** An older hub wrote no places: entries stood in the order of their numbers. */
function loadQueued(root: LmdbRoot, kernelId: KernelId): readonly WaitingRun[] {
  const runs = new Map(loadList(root, kernelId, 'queued', StoredRun).map(({ entry, value }) => [entry, value]));
  const places = root.get(keyOf(kernelId, 'places'));
  const known =
    places === undefined ? [...runs.keys()].map((entry) => [entry, 1] as const) : StoredPlaces.parse(places);
  return known.flatMap(([entry, round]) => {
    const value = runs.get(entry);
    return value === undefined ? [] : [{ entry, round, value }];
  });
}

function loadList<T>(root: LmdbRoot, kernelId: KernelId, list: ListName, shape: z.ZodType<T>): readonly Entry<T>[] {
  const entries: Entry<T>[] = [];
  for (const { key, value } of root.getRange(rangeOf(kernelId, list))) {
    entries.push({ entry: z.number().int().parse(key.at(-1)), value: shape.parse(value) });
  }
  return entries;
}

function keyOf(kernelId: KernelId, part: string): string[] {
  return ['queue', kernelId, part];
}

/** All keys that begin so: entries are numbers, and parts are text of letters. */
function rangeOf(kernelId: KernelId, list?: ListName): { start: (string | number)[]; end: (string | number)[] } {
  if (list === undefined) return { start: ['queue', kernelId], end: ['queue', kernelId, '\u{10ffff}'] };
  return { start: [...keyOf(kernelId, list), 0], end: [...keyOf(kernelId, list), Number.MAX_SAFE_INTEGER] };
}
