/**
 * Pure: what a cell's badge says: who ran it, whether it waits and at which place, how it went. The queue is asked
 * first, then runs that ended lately, then what the saved file says.
 */
import type { Author, CellId, FileId, PromptView, QueueView, Role, RunState, RunView } from '@cokernel/proto/hub';
import { ClientKind, roleHas } from '@cokernel/proto/hub';
import { z } from 'zod';

/** What the hub writes into a cell's metadata about its last run and its author. */
const CellMetadata = z.object({
  cokernel: z
    .object({
      run: z
        .object({ author: z.object({ name: z.string() }), runId: z.string(), state: z.string() })
        .optional()
        .catch(undefined),
      author: z.object({ name: z.string(), client: ClientKind }).optional().catch(undefined),
    })
    .optional()
    .catch(undefined),
  execution: z.record(z.string(), z.string()).optional().catch(undefined),
});

export interface RunMark {
  readonly state: RunState | 'idle';
  /** The run that can be withdrawn; null when none waits. */
  readonly cancellable: RunView['runId'] | null;
  /** In the order shown, such as ['Ann', 'terminal', '0.4 s']; empty: no badge. */
  readonly parts: readonly string[];
  /** The text that runs is not the text that stands in the cell now. */
  readonly changedSince: boolean;
}

/** What the room knows, arranged so that a cell finds its own in one step. */
export interface RunIndex {
  readonly running: RunView | null;
  readonly places: ReadonlyMap<CellId, { readonly run: RunView; readonly place: number }>;
  readonly finished: ReadonlyMap<CellId, RunView>;
  readonly prompt: PromptView | null;
  readonly you: You | null;
}

/** Who looks at the badge; an owner may withdraw other people's runs too. */
interface You {
  readonly participantId: Author['participantId'];
  readonly role: Role;
}

/** Of this notebook; the queue has also runs of those that share the kernel, whose cells may have the same ids. */
function cellIn(here: FileId | null, { target }: RunView): CellId | null {
  if (target.kind !== 'cell') return null;
  return target.fileId === undefined || target.fileId === here ? target.cellId : null;
}

export function runIndex(
  queue: QueueView,
  runs: ReadonlyMap<RunView['runId'], RunView>,
  prompt: PromptView | null,
  you: You | null,
  here: FileId | null,
): RunIndex {
  const cellOf = (run: RunView): CellId | null => cellIn(here, run);
  const places = new Map<CellId, { run: RunView; place: number }>();
  queue.queued.forEach((run, index) => {
    const cellId = cellOf(run);
    if (cellId !== null) places.set(cellId, { run, place: index + 1 });
  });
  const finished = new Map<CellId, RunView>();
  for (const run of runs.values()) {
    const cellId = cellOf(run);
    if (cellId !== null) finished.set(cellId, run);
  }
  const isHere = queue.running !== null && cellOf(queue.running) !== null;
  return { running: isHere ? queue.running : null, places, finished, prompt, you };
}

/** A time that a person can take in: '0.4 s', '12 s', '3 min 5 s'. */
export function durationText(milliseconds: number): string {
  const seconds = Math.max(0, milliseconds) / 1000;
  if (seconds < 10) return `${seconds.toFixed(seconds < 0.1 ? 2 : 1)} s`;
  if (seconds < 60) return `${Math.round(seconds)} s`;
  return `${Math.floor(seconds / 60)} min ${Math.floor(seconds % 60)} s`;
}

function mayCancel({ you }: RunIndex, run: RunView): boolean {
  if (you === null) return false;
  return roleHas(you.role, run.author.participantId === you.participantId ? 'run' : 'manage');
}

function nameFor(index: RunIndex, author: Author): string {
  return author.participantId === index.you?.participantId ? 'you' : author.name;
}

export function placeText(place: number): string {
  return place === 1 ? 'next in line' : `place ${place} in line`;
}

function elapsed(startedAt: string | null, finishedAt: string | null): string[] {
  if (startedAt === null || finishedAt === null) return [];
  const milliseconds = Date.parse(finishedAt) - Date.parse(startedAt);
  return Number.isFinite(milliseconds) ? [durationText(milliseconds)] : [];
}

function finishedParts(index: RunIndex, run: RunView): string[] {
  const who = nameFor(index, run.author);
  switch (run.state) {
    case 'succeeded':
      return [who, ...elapsed(run.startedAt, run.finishedAt)];
    case 'failed':
      return [who, 'failed', ...elapsed(run.startedAt, run.finishedAt)];
    case 'cancelled':
      return [`${who}: ${run.startedAt === null ? 'withdrawn' : 'stopped'}`];
    case 'lost':
      return [`${who}: lost`, ...(run.reason === null ? [] : [run.reason])];
    case 'queued':
    case 'running':
      return [who];
  }
}

type Saved = z.infer<typeof CellMetadata>;

/** 'terminal' when that person wrote the cell there; somebody else's later run is not signed so. */
function signature(saved: Saved, name: string): string[] {
  const author = saved.cokernel?.author;
  return author?.client === 'terminal' && author.name === name ? ['terminal'] : [];
}

function savedMark(saved: Saved): RunMark {
  const { cokernel, execution } = saved;
  const run = cokernel?.run;
  const name = run?.author.name ?? cokernel?.author?.name;
  const known = z.enum(['succeeded', 'failed', 'cancelled', 'lost']).safeParse(run?.state);
  const state = known.success ? known.data : 'idle';
  const outcome = state === 'failed' || state === 'lost' ? [state] : state === 'cancelled' ? ['withdrawn'] : [];
  const began = execution?.['iopub.execute_input'] ?? null;
  const took = run === undefined ? [] : elapsed(began, execution?.['shell.execute_reply'] ?? null);
  const signed = name === undefined ? [] : signature(saved, name);
  const shown = name !== undefined && (run !== undefined || signed.length > 0);
  const parts = shown ? [name, ...signed, ...outcome, ...took] : [];
  return { state, cancellable: null, parts, changedSince: false };
}

function runningMark(index: RunIndex, run: RunView, cellId: CellId, hash: string): RunMark {
  const asked = index.prompt?.cellId === cellId ? [`waits for ${nameFor(index, index.prompt.asked)}`] : ['running'];
  const parts = [nameFor(index, run.author), ...asked];
  return { state: 'running', cancellable: null, parts, changedSince: run.sourceHash !== hash };
}

/**
 * The mark of one cell. `hash` is asked only for a cell that runs or waits, since hashing every cell at every
 * change would cost.
 */
export function runMark(index: RunIndex, cellId: CellId, metadata: unknown, hash: () => string): RunMark {
  const running = index.running;
  if (running?.target.kind === 'cell' && running.target.cellId === cellId)
    return runningMark(index, running, cellId, hash());
  const waiting = index.places.get(cellId);
  if (waiting !== undefined) {
    const parts = [`queued by ${nameFor(index, waiting.run.author)}`, placeText(waiting.place)];
    const changedSince = waiting.run.sourceHash !== hash();
    const cancellable = mayCancel(index, waiting.run) ? waiting.run.runId : null;
    return { state: 'queued', cancellable, parts, changedSince };
  }
  const parsed = CellMetadata.safeParse(metadata);
  const saved = parsed.success ? parsed.data : {};
  const finished = index.finished.get(cellId);
  if (finished === undefined) return savedMark(saved);
  const [who = '', ...rest] = finishedParts(index, finished);
  const parts = [who, ...signature(saved, finished.author.name), ...rest];
  return { state: finished.state, cancellable: null, parts, changedSince: false };
}
