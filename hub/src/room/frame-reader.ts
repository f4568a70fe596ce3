/**
 * Reads what a socket sends to a room, frame by frame (several may stand in one message), and does what it says. The
 * rules of epochs and rights are here: nothing is applied before the client's step1 was checked, and an edit is
 * applied only for who may edit. A bad frame is answered by closing that socket; it never touches the room.
 */
import * as decoding from 'lib0/decoding';
import {
  FRAME_AWARENESS,
  FRAME_HUB,
  FRAME_JUPYTERLAB,
  FRAME_QUERY_AWARENESS,
  FRAME_SYNC,
  closeCodes,
  readHubFrame,
  roleHas,
} from '@cokernel/proto/hub';
import { messageOf } from '../errors.js';
import {
  SYNC_STEP1,
  SYNC_STEP2,
  SYNC_UPDATE,
  awarenessFrame,
  jupyterLabFrame,
  stepOneFrame,
  stepTwoFrame,
} from './frames.js';
import type { RoomClient } from './room-client.js';
import type { Room } from './room.js';

export interface FrameReaderOptions {
  readonly room: Room;
  readonly client: RoomClient;
  /** Takes a hub frame's JSON. */
  readonly onCall: (json: unknown) => void;
  /** Keeps a client's document of another history apart (X1). */
  readonly keepForeign: (state: Uint8Array) => Promise<void>;
  readonly onError: (error: unknown) => void;
}

const EMPTY_STATE_VECTOR = new Uint8Array([0]);

export class FrameReader {
  constructor(private readonly options: FrameReaderOptions) {}

  /** The hub's part of the greeting: its step1 and everybody's awareness. */
  greet(): void {
    const { room, client } = this.options;
    client.socket.send(stepOneFrame(room.document.stateVector()));
    this.sendAwareness();
  }

  read(bytes: Uint8Array): void {
    try {
      const decoder = decoding.createDecoder(bytes);
      while (decoding.hasContent(decoder)) this.readFrame(decoder);
    } catch (error) {
      this.options.client.socket.close(closeCodes.badFrame, `bad frame: ${messageOf(error)}`);
    }
  }

  private readFrame(decoder: decoding.Decoder): void {
    const type = decoding.readVarUint(decoder);
    switch (type) {
      case FRAME_SYNC:
        return this.readSync(decoding.readVarUint(decoder), decoding.readVarUint8Array(decoder));
      case FRAME_AWARENESS:
        return this.readAwareness(decoding.readVarUint8Array(decoder));
      case FRAME_QUERY_AWARENESS:
        return this.sendAwareness();
      case FRAME_JUPYTERLAB:
        return this.readJupyterLab(decoder);
      case FRAME_HUB:
        return this.options.onCall(readHubFrame(decoder));
      default:
        throw new Error(`there is no frame type ${String(type)}`);
    }
  }

  private readSync(step: number, bytes: Uint8Array): void {
    switch (step) {
      case SYNC_STEP1:
        return this.stepOne(bytes);
      case SYNC_STEP2:
      case SYNC_UPDATE:
        return this.update(bytes, step);
      default:
        throw new Error(`there is no sync step ${String(step)}`);
    }
  }

  private stepOne(stateVector: Uint8Array): void {
    const { room, client, onError } = this.options;
    if (room.document.isForeign(stateVector)) {
      client.phase = 'foreign';
      client.socket.send(stepOneFrame(EMPTY_STATE_VECTOR));
      return;
    }
    client.phase = 'synced';
    room.document
      .missing(stateVector)
      .then((update) => client.socket.send(stepTwoFrame(update)))
      .catch(onError);
  }

  private update(update: Uint8Array, step: number): void {
    const { room, client } = this.options;
    if (client.phase === 'new') throw new Error('an update came before step1');
    if (client.phase === 'foreign') {
      if (step === SYNC_STEP2) this.foreignState(update);
      return;
    }
    if (!roleHas(client.socket.role, 'edit')) {
      room.tellOne(client, { event: 'refused', reason: `a ${client.socket.role} does not edit` });
      return;
    }
    room.document.applyFrom(update, client);
  }

  private foreignState(state: Uint8Array): void {
    const { room, client, keepForeign, onError } = this.options;
    const reason = JSON.stringify({ reason: 'version_mismatch', sessionId: room.epoch, reloadable: true });
    keepForeign(state)
      .catch(onError)
      .finally(() => client.socket.close(closeCodes.reload, reason));
  }

  private readAwareness(update: Uint8Array): void {
    const { room, client } = this.options;
    room.awareness.apply(update, client, () => room.userOf(client));
  }

  private sendAwareness(): void {
    const { room, client } = this.options;
    const all = room.awareness.all();
    if (all !== null) client.socket.send(awarenessFrame(all));
  }

  /** JupyterLab asks for a save: `"save"` and a number that the answer repeats. */
  private readJupyterLab(decoder: decoding.Decoder): void {
    const { room, client, onError } = this.options;
    if (decoding.readVarString(decoder) !== 'save') throw new Error("the only raw frame is 'save'");
    const responseTo = decoding.readVarUint(decoder);
    const answer = (status: 'success' | 'failed'): void => {
      client.socket.send(jupyterLabFrame({ type: 'save', responseTo, status }));
    };
    if (!roleHas(client.socket.role, 'edit')) return answer('failed');
    room.saving
      .now()
      .then(() => answer('success'))
      .catch((error: unknown) => {
        answer('failed');
        onError(error);
      });
  }
}
