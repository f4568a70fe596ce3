/** Pure: the bytes of y-websocket frames (wire.md §5), each made once and sent to many. */
import * as encoding from 'lib0/encoding';
import { FRAME_AWARENESS, FRAME_JUPYTERLAB, FRAME_SYNC } from '@cokernel/proto/hub';

export const SYNC_STEP1 = 0;
export const SYNC_STEP2 = 1;
export const SYNC_UPDATE = 2;

export function stepOneFrame(stateVector: Uint8Array): Uint8Array {
  return syncFrame(SYNC_STEP1, stateVector);
}

export function stepTwoFrame(update: Uint8Array): Uint8Array {
  return syncFrame(SYNC_STEP2, update);
}

export function updateFrame(update: Uint8Array): Uint8Array {
  return syncFrame(SYNC_UPDATE, update);
}

export function awarenessFrame(update: Uint8Array): Uint8Array {
  const encoder = encoding.createEncoder();
  encoding.writeVarUint(encoder, FRAME_AWARENESS);
  encoding.writeVarUint8Array(encoder, update);
  return encoding.toUint8Array(encoder);
}

/** JupyterLab's raw frame: one JSON text. */
export function jupyterLabFrame(json: object): Uint8Array {
  const encoder = encoding.createEncoder();
  encoding.writeVarUint(encoder, FRAME_JUPYTERLAB);
  encoding.writeVarString(encoder, JSON.stringify(json));
  return encoding.toUint8Array(encoder);
}

function syncFrame(step: number, bytes: Uint8Array): Uint8Array {
  const encoder = encoding.createEncoder();
  encoding.writeVarUint(encoder, FRAME_SYNC);
  encoding.writeVarUint(encoder, step);
  encoding.writeVarUint8Array(encoder, bytes);
  return encoding.toUint8Array(encoder);
}
