/** Pure: a room's state after each thing that the hub or the connection told. */
import { DEFAULT_QUEUE_RULES } from '@cokernel/proto/hub';
import type { HubEvent, QueueView, RunId, RunView, Welcome } from '@cokernel/proto/hub';
import type { RoomState } from './room.js';

/** Enough for what a person still looks at; the saved file has the rest. */
const KEPT_RUNS = 200;

export type RoomChange =
  | { readonly type: 'connecting' }
  | { readonly type: 'disconnected' }
  | { readonly type: 'delayed'; readonly trouble: string }
  | { readonly type: 'failed'; readonly failure: string }
  | { readonly type: 'synced' }
  | { readonly type: 'welcomed'; readonly welcome: Welcome }
  | { readonly type: 'queueRead'; readonly queue: QueueView }
  | { readonly type: 'told'; readonly event: HubEvent };

export function initialRoomState(path: string): RoomState {
  return {
    connection: 'connecting',
    failure: null,
    trouble: null,
    synced: false,
    you: null,
    fileId: null,
    path,
    participants: [],
    kernel: null,
    kernelGone: null,
    kernelUsage: null,
    kernelSpecs: [],
    queue: { number: 0, held: null, rules: DEFAULT_QUEUE_RULES, running: null, queued: [] },
    prompt: null,
    saving: { state: 'saved', at: null },
    runs: new Map(),
  };
}

/** The state after `change`; the same object when nothing in it changed. */
export function nextRoomState(state: RoomState, change: RoomChange): RoomState {
  switch (change.type) {
    case 'connecting':
      return state.connection === 'connecting' ? state : { ...state, connection: 'connecting', synced: false };
    case 'disconnected':
      return afterDrop(state);
    case 'delayed':
      return state.trouble === change.trouble ? state : { ...state, trouble: change.trouble };
    case 'failed':
      return { ...state, connection: 'failed', failure: change.failure, trouble: null, synced: false };
    case 'synced':
      return { ...state, synced: true };
    case 'welcomed':
      return afterWelcome(state, change.welcome);
    case 'queueRead':
      return { ...state, queue: change.queue };
    case 'told':
      return afterEvent(state, change.event);
  }
}

/** Before the first welcome a lost socket is still `connecting`: a person has lost nothing yet. */
function afterDrop(state: RoomState): RoomState {
  if (state.connection === 'failed') return state;
  return { ...state, connection: state.you === null ? 'connecting' : 'disconnected', synced: false };
}

function afterWelcome(state: RoomState, welcome: Welcome): RoomState {
  const { you, fileId, path, participants, kernel, kernelSpecs, queue, prompt, saving } = welcome;
  return {
    ...state,
    connection: 'connected',
    failure: null,
    trouble: null,
    you,
    fileId,
    path,
    participants,
    kernel,
    kernelGone: welcome.kernelGone ?? null,
    kernelUsage: usageOf(state, kernel),
    kernelSpecs,
    queue,
    prompt,
    saving,
  };
}

function afterEvent(state: RoomState, event: HubEvent): RoomState {
  switch (event.event) {
    case 'queueChanged':
      return { ...state, queue: event.queue };
    case 'runFinished':
      return { ...state, runs: withRun(state.runs, event.run) };
    case 'kernelChanged':
      return afterKernelChange(state, event);
    case 'kernelUsage':
      return afterMeasuring(state, event);
    case 'kernelSpecsChanged':
      return { ...state, kernelSpecs: event.kernelSpecs };
    case 'participantsChanged':
      return { ...state, participants: event.participants, you: yourself(state, event.participants) };
    case 'promptChanged':
      return { ...state, prompt: event.prompt };
    case 'saved':
      return { ...state, saving: event.saving };
    case 'pathChanged':
      return { ...state, path: event.path };
    case 'versionsChanged':
    case 'stored':
    case 'notice':
    case 'kernelAnswered':
    case 'refused':
      return state;
  }
}

function afterKernelChange(state: RoomState, told: Extract<HubEvent, { event: 'kernelChanged' }>): RoomState {
  const { kernel, gone } = told;
  return { ...state, kernel, kernelGone: gone ?? null, kernelUsage: usageOf(state, kernel) };
}

/** Of this kernel's process as it is now: another one, or none, has not been measured. */
function usageOf(state: RoomState, kernel: RoomState['kernel']): RoomState['kernelUsage'] {
  const isSame = kernel !== null && kernel.kernelId === state.kernel?.kernelId;
  return isSame && (kernel.status === 'idle' || kernel.status === 'busy') ? state.kernelUsage : null;
}

/** What was told of a kernel that the notebook has left meanwhile is old news. */
function afterMeasuring(state: RoomState, told: Extract<HubEvent, { event: 'kernelUsage' }>): RoomState {
  if (told.kernelId !== state.kernel?.kernelId) return state;
  const { rssBytes, cpuPercent } = told;
  return { ...state, kernelUsage: { rssBytes, cpuPercent } };
}

/** Name, colour and role may change while one is in the room. */
function yourself(state: RoomState, participants: RoomState['participants']): RoomState['you'] {
  const seen = participants.find((participant) => participant.participantId === state.you?.participantId);
  if (state.you === null || seen === undefined) return state.you;
  const { participantId, name, color, role } = seen;
  return { participantId, name, color, role };
}

function withRun(runs: ReadonlyMap<RunId, RunView>, run: RunView): ReadonlyMap<RunId, RunView> {
  const others = [...runs].filter(([runId]) => runId !== run.runId);
  return new Map([...others.slice(-(KEPT_RUNS - 1)), [run.runId, run]]);
}
