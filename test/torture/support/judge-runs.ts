/** Pure: what is wrong with how the runs of a cluster went, by Redis, by what the runs noted on disk, and by the keeper's journal. */
import type { RunView } from '@cokernel/proto/hub';
import { endOf, programNamed, shownBy, type ProgramName } from './cluster-programs.js';
import type { SentRequest } from './keeper-journal.js';
import { firstDifference, type ShownOutput } from './shown-output.js';

export interface RunsSeen {
  /** Those that people were told of when they asked. */
  readonly accepted: readonly string[];
  /** As Redis has them. */
  readonly runs: ReadonlyMap<string, RunView>;
  /** How often each noted that it runs. */
  readonly times: ReadonlyMap<string, number>;
  readonly sent: readonly SentRequest[];
  /** Names of those who have withdrawn what waited of theirs. */
  readonly withdrawers: ReadonlySet<string>;
}

export function faultsOfRuns(seen: RunsSeen): readonly string[] {
  const { accepted, runs, times, sent } = seen;
  return [
    ...accepted.filter((runId) => !runs.has(runId)).map((runId) => `${runId} was accepted and is forgotten`),
    ...[...runs.values()].flatMap((run) => faultsOfRun(run, seen)),
    ...[...times.keys()].filter((runId) => !runs.has(runId)).map((runId) => `${runId} ran and nobody asked for it`),
    ...faultsOfSending(sent),
  ];
}

function faultsOfRun(run: RunView, seen: RunsSeen): readonly string[] {
  const { runId, state, reason } = run;
  const times = seen.times.get(runId) ?? 0;
  const sent = seen.sent.filter(({ msgId }) => msgId === runId).length;
  const name = nameOf(run);
  const what = `the run ${runId} of '${name}' ${state} (${reason ?? 'no reason'}), was sent ${sent} times and ran ${times} times`;
  switch (state) {
    case 'succeeded':
    case 'failed':
      return times === 1 && sent === 1 && state === endOf(name) ? [] : [what];
    case 'cancelled':
      return times === 0 && sent === 0 && mayBeCancelled(run, seen) ? [] : [what];
    case 'lost':
    case 'queued':
    case 'running':
      return [what];
  }
}

function mayBeCancelled({ batchId, author, reason }: RunView, { runs, withdrawers }: RunsSeen): boolean {
  if (withdrawers.has(author.name) && reason === `withdrawn by ${author.name}`) return true;
  return [...runs.values()].some((other) => other.batchId === batchId && other.state === 'failed');
}

/** No request twice, and none of a hub whose fence is behind that of another one that had sent before. */
function faultsOfSending(sent: readonly SentRequest[]): readonly string[] {
  const faults: string[] = [];
  const ids = new Set<string>();
  let highest = 0;
  for (const { msgId, fence } of sent) {
    if (ids.has(msgId)) faults.push(`${msgId} was sent twice`);
    if (fence < highest) faults.push(`${msgId} was sent under fence ${fence} behind one of ${highest}`);
    ids.add(msgId);
    highest = Math.max(highest, fence);
  }
  return faults;
}

/** What is wrong below the cells, each of which shows its newest run. */
export function faultsOfCells(
  runs: ReadonlyMap<string, RunView>,
  cells: readonly { readonly name: ProgramName; readonly runId: string; readonly shown: readonly ShownOutput[] }[],
): readonly string[] {
  return cells.flatMap(({ name, runId, shown }) => {
    if (runs.get(runId)?.state === 'cancelled') return [];
    const difference = firstDifference(shownBy(name, runId), shown);
    return difference === null ? [] : [`below '${name}': ${difference}`];
  });
}

function nameOf({ target }: RunView): ProgramName {
  if (target.kind !== 'cell') throw new Error('a run of no cell');
  return programNamed(target.cellId);
}
