/** Pure: how far one run's output has come, and what of it is stored with each write, so that another owner goes on. */
import type { WrittenBefore } from '@cokernel/proto/notebook';
import { z } from 'zod';
import type { BoundState } from './bound-state.js';
import { StoredBoundState, UNBOUNDED_YET, boundBefore, fromStored, toStored } from './bound-state.js';
import { ReducerState, emptyReducerState } from './output-reducer.js';

export interface RunProgress {
  readonly output: ReducerState;
  readonly bound: BoundState;
  /** The question that was answered last: it is not asked again. */
  readonly answered: string | null;
}

export const BEGINNING: RunProgress = { output: emptyReducerState, bound: UNBOUNDED_YET, answered: null };

const StoredProgress = z.object({ output: ReducerState, bound: StoredBoundState, answered: z.string().nullable() });

/** JSON. */
export function reducerStateOf({ bound, ...progress }: RunProgress): z.infer<typeof StoredProgress> {
  return { ...progress, bound: toStored(bound) };
}

/** `textOf`: what the target has of a stream, by its index. Throws on progress that can't be read. */
export function progressOf(reducerState: unknown, textOf: (index: number) => string | null): RunProgress {
  const { bound, ...progress } = StoredProgress.parse(reducerState);
  return { ...progress, bound: fromStored(bound, progress.output, textOf) };
}

/** What stored progress says of the outputs that are in the document. Throws on progress that can't be read. */
export function writtenBefore(reducerState: unknown): WrittenBefore {
  return boundBefore(StoredProgress.parse(reducerState).bound);
}
