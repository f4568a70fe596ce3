/** A small y-websocket room behind doors, and its clients: each update is framed once for all, as a hub's rooms do it. */
import * as decoding from 'lib0/decoding';
import * as encoding from 'lib0/encoding';
import { WebSocket } from 'ws';
import { readSyncMessage, writeSyncStep1, writeUpdate } from 'y-protocols/sync';
import { WebsocketProvider } from 'y-websocket';
import * as Y from 'yjs';
import type { DoorSocket } from '../../src/gateway/door-socket.js';

const SYNC = 0;

export class SharedRoom {
  readonly doc = new Y.Doc();
  private readonly sockets = new Set<DoorSocket>();

  constructor() {
    this.doc.on('update', (update: Uint8Array, origin: unknown) => {
      const frame = synced((encoder) => writeUpdate(encoder, update));
      for (const socket of this.sockets) if (socket !== origin) socket.send(frame);
    });
  }

  join(socket: DoorSocket): void {
    this.sockets.add(socket);
    socket.onMessage((data) => this.read(socket, data));
    socket.onClose(() => this.sockets.delete(socket));
    socket.send(synced((encoder) => writeSyncStep1(encoder, this.doc)));
  }

  private read(socket: DoorSocket, data: Uint8Array): void {
    const decoder = decoding.createDecoder(data);
    if (decoding.readVarUint(decoder) !== SYNC) return;
    const answer = synced((encoder) => readSyncMessage(decoder, encoder, this.doc, socket));
    if (answer.length > 1) socket.send(answer);
  }
}

/** A client at `url`; awareness is not what these tests are about. */
export function provider(url: string): WebsocketProvider {
  const doc = new Y.Doc();
  // `ws` is a WebSocket as a browser has it, as far as y-websocket goes.
  const polyfill = WebSocket as unknown as typeof globalThis.WebSocket;
  return new WebsocketProvider(url, 'api/collaboration/room', doc, { WebSocketPolyfill: polyfill, disableBc: true });
}

function synced(write: (encoder: encoding.Encoder) => void): Uint8Array {
  return encoding.encode((encoder) => {
    encoding.writeVarUint(encoder, SYNC);
    write(encoder);
  });
}
