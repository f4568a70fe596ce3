/** Pure: what one person sees of queue and notebook, to be compared with what others see and with what Redis has. */
import { readDocument } from '@cokernel/proto/notebook';
import type { Doc } from 'yjs';
import { programNames, type ProgramName } from './cluster-programs.js';
import type { ShownOutput } from './shown-output.js';
import type { StoredQueue } from './stored-queue.js';
import type { Visitor } from './visitor.js';

/** In what a person's queue, and the runs that they saw end, are not those of Redis. */
export function differencesOfQueue(person: Visitor, stored: StoredQueue): readonly string[] {
  const { queue, runs } = person.room.state;
  const { number, held, running } = queue;
  const seen = { number, held, running: running?.runId ?? null, queued: queue.queued.map(({ runId }) => runId) };
  const [one, other] = [JSON.stringify(seen), JSON.stringify(stored.state)];
  return [
    ...(person.inStep ? [] : [person.describe()]),
    ...(one === other ? [] : [`${person.name} sees ${one}`]),
    ...[...runs.values()].flatMap(({ runId, state }) => {
      const end = stored.runs.get(runId)?.state;
      return end === state ? [] : [`${person.name} saw ${runId} ${state}, and Redis has it ${end ?? 'not at all'}`];
    }),
  ];
}

/** The whole notebook as a text of many lines. */
export function documentOf(person: Visitor): string {
  const { document } = person.room;
  return document === null ? `${person.name} has no document` : documentText(document.doc);
}

export function documentText(doc: Doc): string {
  return JSON.stringify(readDocument(doc), sortedKeys, 1);
}

/** In which order the keys of a Y.Map come is each program's own affair. */
function sortedKeys(_key: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([one], [other]) => (one < other ? -1 : 1)));
}

export interface CellSeen {
  readonly name: ProgramName;
  /** Of its newest run. */
  readonly runId: string;
  readonly shown: readonly ShownOutput[];
}

/** The cells that were run, as they look. */
export function cellsSeen(person: Visitor): readonly CellSeen[] {
  return programNames.flatMap((name) => {
    const run = person.runOf(name);
    return run === null ? [] : [{ name, runId: run.runId, shown: person.shown(name) }];
  });
}
