/**
 * Pure: what becomes of a client's message about comms: it goes on to the kernel, the hub answers it from what it knows
 * (also while a cell runs), or it is refused, since nobody closes what another has opened (X15).
 */
import type { KernelMessage } from '@cokernel/proto/jupyter';
import type { CommsState } from './comms.js';
import { WIDGET_TARGET, commIdOf, dataOf } from './comms.js';
import type { CarriedState, WidgetState } from './widget-state.js';
import { carriedState } from './widget-state.js';

/** By which widget libraries ask for all widgets at once. */
const CONTROL_TARGET = 'jupyter.widget.control';

export type CommDecision =
  | { readonly type: 'forward' }
  | {
      readonly type: 'answer';
      readonly channel: 'shell' | 'iopub';
      readonly msgType: string;
      readonly content: Readonly<Record<string, unknown>>;
      readonly buffers: readonly Uint8Array[];
    }
  | { readonly type: 'refuse'; readonly reason: string };

const FORWARD: CommDecision = { type: 'forward' };

/** `isFree`: the kernel itself would answer now. */
export function decideComm(state: CommsState, message: KernelMessage, isFree: boolean): CommDecision {
  switch (message.header.msg_type) {
    case 'comm_info_request':
      return state.isWhole || !isFree ? commInfo(state, message.content['target_name']) : FORWARD;
    case 'comm_msg':
      return decideMessage(state, message);
    case 'comm_close':
      return decideClose(state, message);
    default:
      return FORWARD;
  }
}

function commInfo({ comms }: CommsState, targetName: unknown): CommDecision {
  const wanted = [...comms].filter(
    ([, comm]) => comm.targetName !== null && (typeof targetName !== 'string' || comm.targetName === targetName),
  );
  const content = {
    status: 'ok',
    comms: Object.fromEntries(wanted.map(([id, comm]) => [id, { target_name: comm.targetName }])),
  };
  return { type: 'answer', channel: 'shell', msgType: 'comm_info_reply', content, buffers: [] };
}

function decideMessage(state: CommsState, message: KernelMessage): CommDecision {
  const id = commIdOf(message);
  const comm = id === null ? undefined : state.comms.get(id);
  if (id === null || comm === undefined) return FORWARD;
  const { method } = dataOf(message);
  if (method === 'request_state' && comm.state !== null) return oneState(id, comm.state);
  if (method === 'request_states' && comm.targetName === CONTROL_TARGET) return allStates(state, id);
  return FORWARD;
}

function oneState(id: string, widget: WidgetState): CommDecision {
  const { buffers, ...carried } = carriedState(widget);
  return says(id, { method: 'update', ...carried }, buffers);
}

/** Only the kernel can tell all when one is not known here. */
function allStates({ comms, isWhole }: CommsState, controlId: string): CommDecision {
  const widgets = [...comms].filter(([, { targetName }]) => targetName === WIDGET_TARGET);
  const known = widgets.flatMap(([id, { state }]) => (state === null ? [] : [{ id, ...carriedState(state) }]));
  if (!isWhole || known.length < widgets.length) return FORWARD;
  const states = Object.fromEntries(known.map(({ id, state }) => [id, modelOf(state)]));
  const buffer_paths = known.flatMap(({ id, buffer_paths: paths }) => paths.map((path) => [id, 'state', ...path]));
  const buffers = known.flatMap((widget) => widget.buffers);
  return says(controlId, { method: 'update_states', states, buffer_paths }, buffers);
}

function modelOf(state: CarriedState['state']): Readonly<Record<string, unknown>> {
  return {
    model_name: state['_model_name'],
    model_module: state['_model_module'],
    model_module_version: state['_model_module_version'],
    state,
  };
}

function says(id: string, data: Readonly<Record<string, unknown>>, buffers: readonly Uint8Array[]): CommDecision {
  return { type: 'answer', channel: 'iopub', msgType: 'comm_msg', content: { comm_id: id, data }, buffers };
}

function decideClose(state: CommsState, message: KernelMessage): CommDecision {
  const id = commIdOf(message) ?? '';
  const opener = state.comms.get(id)?.openedBy;
  switch (opener?.by) {
    case undefined:
    case 'unknown':
      return FORWARD;
    case 'kernel':
      return {
        type: 'refuse',
        reason: `the comm ${id} is the kernel's: others may use it, and only code can close it`,
      };
    case 'client':
      if (opener.session === message.header.session) return FORWARD;
      return { type: 'refuse', reason: `the comm ${id} is another client's, who alone can close it` };
  }
}
