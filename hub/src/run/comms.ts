/**
 * Pure: the open comms of one kernel, as its own messages and its clients' say (X15). It guarantees: what is kept is
 * bounded, and where something had to be left out it says so (`state: null`, `isWhole: false`), so that the kernel is asked
 * in place of giving half an answer.
 *
 * What a client says counts from when the kernel begins with it: what the kernel had said before came before.
 */
import type { KernelMessage } from '@cokernel/proto/jupyter';
import { isRecord, parentId } from '@cokernel/proto/jupyter';
import type { WidgetState } from './widget-state.js';
import { NO_WIDGET_STATE, mergeWidgetState } from './widget-state.js';

export const WIDGET_TARGET = 'jupyter.widget';

/** `client`: by its session. `unknown`: what told it is lost. */
type CommOpener =
  { readonly by: 'kernel' } | { readonly by: 'client'; readonly session: string } | { readonly by: 'unknown' };

interface OpenComm {
  /** Null when it is not known. */
  readonly targetName: string | null;
  readonly openedBy: CommOpener;
  /** Of a widget; null for any other comm, and when it is not known or was too large to keep. */
  readonly state: WidgetState | null;
}

export interface CommsState {
  readonly comms: ReadonlyMap<string, OpenComm>;
  /** Clients' updates of widgets that the kernel has not begun with, by msg_id, oldest first. */
  readonly underWay: ReadonlyMap<string, KernelMessage>;
  /** False when there may be comms that are not known here. */
  readonly isWhole: boolean;
  readonly bytes: number;
}

export interface CommBounds {
  /** Of all comms of a kernel: a plot's data is a few MiB (32 MiB). */
  readonly maxBytes: number;
  /** Updates that a kernel has not begun with: of a person who moves a slider while a cell runs (256). */
  readonly maxUnderWay: number;
}

export const NO_COMMS: CommsState = { comms: new Map(), underWay: new Map(), isWhole: true, bytes: 0 };

/** What any comm costs beside its state. */
const COMM_BYTES = 200;

/** After a message of the kernel. */
export function afterKernel(state: CommsState, message: KernelMessage, bounds: CommBounds): CommsState {
  switch (message.header.msg_type) {
    case 'comm_open':
      return opened(state, message, { by: 'kernel' }, bounds);
    case 'comm_msg':
      return kernelSaid(state, message, bounds);
    case 'comm_close':
      return closed(state, commIdOf(message));
    case 'comm_info_reply':
      return listed(state, message, bounds);
    case 'status':
      return message.content['execution_state'] === 'busy' ? begun(state, message, bounds) : state;
    default:
      return state;
  }
}

/** After a client's message was passed on to the kernel. */
export function afterClient(state: CommsState, message: KernelMessage, bounds: CommBounds): CommsState {
  switch (message.header.msg_type) {
    case 'comm_open':
      return opened(state, message, { by: 'client', session: message.header.session }, bounds);
    case 'comm_msg':
      return underWay(state, message, bounds);
    case 'comm_close':
      return closed(state, commIdOf(message));
    default:
      return state;
  }
}

/** Messages of the kernel were lost: comms may have come and changed. */
export function afterLoss(state: CommsState): CommsState {
  const comms = new Map([...state.comms].map(([id, comm]) => [id, { ...comm, state: null }]));
  return { ...state, comms, isWhole: false, bytes: comms.size * COMM_BYTES };
}

/** Of a kernel that was there before anybody here listened: it may have more than is known, and what is known holds. */
export function withUnknown(state: CommsState): CommsState {
  return { ...state, isWhole: false };
}

export function commIdOf(message: KernelMessage): string | null {
  const id = message.content['comm_id'];
  return typeof id === 'string' ? id : null;
}

export function dataOf(message: KernelMessage): Readonly<Record<string, unknown>> {
  const { data } = message.content;
  return isRecord(data) ? data : {};
}

function opened(state: CommsState, message: KernelMessage, openedBy: CommOpener, bounds: CommBounds): CommsState {
  const id = commIdOf(message);
  // A client that opens what is open already does not become its owner.
  if (id === null || (openedBy.by === 'client' && state.comms.has(id))) return state;
  const target = message.content['target_name'];
  const targetName = typeof target === 'string' ? target : null;
  const isWidget = targetName === WIDGET_TARGET;
  const widget = isWidget ? mergeWidgetState(NO_WIDGET_STATE, dataOf(message), message.buffers) : null;
  return withComm(state, id, { targetName, openedBy, state: widget }, bounds);
}

function kernelSaid(state: CommsState, message: KernelMessage, bounds: CommBounds): CommsState {
  const id = commIdOf(message);
  if (id === null) return state;
  if (!state.comms.has(id)) {
    return withComm(state, id, { targetName: null, openedBy: openerOf(message), state: null }, bounds);
  }
  const { method } = dataOf(message);
  return method === 'update' || method === 'echo_update' ? updated(state, id, message, bounds) : state;
}

/** Who opened a comm that is first heard of when the kernel speaks on it. */
function openerOf({ parent_header: parent }: KernelMessage): CommOpener {
  const { msg_type: type, session } = parent;
  return type === 'comm_open' && session !== undefined ? { by: 'client', session } : { by: 'unknown' };
}

function updated(state: CommsState, id: string, message: KernelMessage, bounds: CommBounds): CommsState {
  const comm = state.comms.get(id);
  if (comm?.state === undefined || comm.state === null) return state;
  return withComm(
    state,
    id,
    { ...comm, state: mergeWidgetState(comm.state, dataOf(message), message.buffers) },
    bounds,
  );
}

function underWay(state: CommsState, message: KernelMessage, bounds: CommBounds): CommsState {
  const id = commIdOf(message);
  const widget = id === null ? null : (state.comms.get(id)?.state ?? null);
  if (widget === null || dataOf(message)['method'] !== 'update') return state;
  const next = new Map(state.underWay).set(message.header.msg_id, message);
  const [oldest] = next;
  if (next.size <= bounds.maxUnderWay || oldest === undefined) return { ...state, underWay: next };
  next.delete(oldest[0]);
  return withoutState({ ...state, underWay: next }, commIdOf(oldest[1]));
}

/** The kernel begins with what a client said. */
function begun(state: CommsState, busy: KernelMessage, bounds: CommBounds): CommsState {
  const message = state.underWay.get(parentId(busy) ?? '');
  if (message === undefined) return state;
  const rest = new Map(state.underWay);
  rest.delete(message.header.msg_id);
  return updated({ ...state, underWay: rest }, commIdOf(message) ?? '', message, bounds);
}

/** The kernel's own list, of all or of one target: what is new to us we know by name only. */
function listed(state: CommsState, message: KernelMessage, bounds: CommBounds): CommsState {
  const { comms } = message.content;
  return Object.entries(isRecord(comms) ? comms : {}).reduce((before, [id, entry]) => {
    const target = isRecord(entry) ? entry['target_name'] : null;
    const known = before.comms.get(id);
    if (typeof target !== 'string' || (known !== undefined && known.targetName !== null)) return before;
    const openedBy = known?.openedBy ?? ({ by: 'unknown' } as const);
    return withComm(before, id, { targetName: target, openedBy, state: null }, bounds);
  }, state);
}

function closed(state: CommsState, id: string | null): CommsState {
  const comm = id === null ? undefined : state.comms.get(id);
  if (id === null || comm === undefined) return state;
  const comms = new Map(state.comms);
  comms.delete(id);
  return { ...state, comms, bytes: state.bytes - sizeOf(comm) };
}

/** Past the bound a comm is kept without its state, and at last not at all. */
function withComm(state: CommsState, id: string, comm: OpenComm, { maxBytes }: CommBounds): CommsState {
  const others = closed(state, id);
  const kept = [comm, { ...comm, state: null }].find((candidate) => others.bytes + sizeOf(candidate) <= maxBytes);
  if (kept === undefined) return { ...others, isWhole: false };
  return { ...others, comms: new Map(others.comms).set(id, kept), bytes: others.bytes + sizeOf(kept) };
}

function withoutState(state: CommsState, id: string | null): CommsState {
  const comm = id === null ? undefined : state.comms.get(id);
  if (id === null || comm === undefined) return state;
  const bare = { ...comm, state: null };
  return { ...state, comms: new Map(state.comms).set(id, bare), bytes: state.bytes - sizeOf(comm) + sizeOf(bare) };
}

function sizeOf({ state }: OpenComm): number {
  return COMM_BYTES + (state?.bytes ?? 0);
}
