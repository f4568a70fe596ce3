/** How long a small run takes for the person who asks for it: from the call to the event that it is over. */
import { setTimeout as delay } from 'node:timers/promises';
import type { RunId } from '@cokernel/proto/hub';
import type { Visitor } from './visitor.js';

/** Between two runs, so that the measuring itself does not fill the machine. */
const PAUSE_MS = 15;

/** Milliseconds of each run, one after the other, for as long as told. */
export async function roundTrips(visitor: Visitor, cellId: string, forMs: number): Promise<readonly number[]> {
  const source = visitor.source(cellId);
  const end = performance.now() + forMs;
  const took: number[] = [];
  while (performance.now() < end) {
    took.push(await roundTrip(visitor, cellId, source));
    await delay(PAUSE_MS);
  }
  return took;
}

async function roundTrip(visitor: Visitor, cellId: string, source: string): Promise<number> {
  const begun = performance.now();
  const ended = new Map<RunId, number>();
  const stop = visitor.room.onEvent((event) => {
    if (event.event === 'runFinished') ended.set(event.run.runId, performance.now());
  });
  try {
    const runId = await visitor.run(cellId, source);
    await visitor.waits('to see a small run end', () => ended.has(runId) || visitor.room.state.runs.has(runId));
    return (ended.get(runId) ?? performance.now()) - begun;
  } finally {
    stop();
  }
}
