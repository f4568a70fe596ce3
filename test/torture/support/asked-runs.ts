/** What two people ask to run in a round: chosen by the seed, asked at their times, and asked until there is an answer. */
import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { CallError } from '@cokernel/core';
import { CellId, RequestId, sourceHash, type RunId } from '@cokernel/proto/hub';
import type { Random } from '../harness/random.js';
import { ordinary, type ProgramName } from './cluster-programs.js';
import type { Visitor } from './visitor.js';

export type Who = 'ann' | 'ben';

interface Wish {
  readonly afterMs: number;
  readonly who: Who;
  readonly cells: readonly ProgramName[];
}

export interface RoundWishes {
  /** First somebody asks for a cell that waits until the round has compared the queues. */
  readonly gateBy: Who | null;
  readonly wishes: readonly Wish[];
  /** Somebody withdraws what waits of theirs. */
  readonly withdrawal: { readonly who: Who; readonly afterMs: number } | null;
}

export function chooseWishes(random: Random): RoundWishes {
  const who = (): Who => random.pick(['ann', 'ben']);
  const wishes = Array.from({ length: random.between(3, 6) }, () => ({
    afterMs: random.between(0, 700),
    who: who(),
    cells: someCells(random),
  }));
  return {
    gateBy: random.onceIn(3) ? who() : null,
    wishes: wishes.sort((one, other) => one.afterMs - other.afterMs),
    withdrawal: random.onceIn(5) ? { who: who(), afterMs: random.between(0, 900) } : null,
  };
}

function someCells(random: Random): readonly ProgramName[] {
  const many = random.pick([1, 1, 2, 3]);
  const cells = new Set<ProgramName>();
  while (cells.size < many) cells.add(random.pick(ordinary));
  return [...cells];
}

/** A request that was answered, by which it can be asked again. */
export interface Asked {
  readonly visitor: Visitor;
  readonly requestId: RequestId;
  readonly cells: readonly ProgramName[];
  readonly runIds: readonly RunId[];
}

export async function askFor(visitor: Visitor, cells: readonly ProgramName[]): Promise<Asked> {
  const requestId = RequestId.parse(randomUUID());
  return { visitor, requestId, cells, runIds: await askAgain({ visitor, requestId, cells }) };
}

/** The ids of its runs; the same ones, however often it is asked. */
export function askAgain({ visitor, requestId, cells }: Omit<Asked, 'runIds'>): Promise<readonly RunId[]> {
  const named = cells.map((cell) => ({ cellId: CellId.parse(cell), sourceHash: sourceHash(visitor.source(cell)) }));
  return untilAnswered(async () => {
    const { runs } = await visitor.room.call('run', { requestId, cells: named });
    return runs.map(({ run }) => run.runId);
  });
}

export async function withdrawOwn(visitor: Visitor): Promise<void> {
  await untilAnswered(() => visitor.room.call('cancel', { mine: true }));
}

const ASK_AGAIN_AFTER_MS = 50;

/** A hub that is away, and a Redis that is, are asked again; every other refusal is a fault. */
export async function untilAnswered<T>(ask: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await ask();
    } catch (error) {
      if (!(error instanceof CallError) || !['disconnected', 'unavailable'].includes(error.code)) throw error;
      await delay(ASK_AGAIN_AFTER_MS);
    }
  }
}
