/**
 * One document's connection to its room: y-websocket's provider, with the hub's own frames beside it.
 * Guarantees: hello is the first thing said on each new socket; waiting calls are sent only after the hub has welcomed us
 * and holds the edits we made before; a frame that can't be read is logged and never ends the connection.
 */
import type { CallFrame, CallParams, Epoch, FileId, Welcome } from '@cokernel/proto/hub';
import { AnswerFrame, EventFrame, FRAME_HUB, FRAME_SYNC, encodeHubFrame, readHubFrame } from '@cokernel/proto/hub';
import type { Decoder } from 'lib0/decoding';
import { messageYjsSyncStep1 } from 'y-protocols/sync';
import { WebsocketProvider } from 'y-websocket';
import { z } from 'zod';
import type { CallLedger } from './call-ledger.js';
import { closeMeaning } from './close-meaning.js';
import { CallError } from './hub-error.js';
import type { SharedDocument } from './room.js';
import type { RoomChange } from './room-state.js';

export interface RoomConnectionOptions {
  /** The room socket without the room's name: `ws://host/api/collaboration/room`. */
  readonly socketUrl: string;
  readonly fileId: FileId;
  readonly epoch: Epoch;
  readonly token: string | undefined;
  readonly document: SharedDocument;
  readonly hello: CallParams<'hello'>;
  readonly ledger: CallLedger;
  readonly webSocket: typeof WebSocket;
}

export interface RoomConnectionListener {
  changed(change: RoomChange): void;
  /** The hub wants the session asked anew; this connection has ended. */
  reload(): void;
  /** Trying again is pointless; this connection has ended. */
  gaveUp(failure: string): void;
  /** An attempt to connect did not open; another follows. */
  neverOpened(): void;
  log(message: string): void;
}

const ServerFrame = z.union([AnswerFrame, EventFrame]);

export class RoomConnection {
  readonly #provider: WebsocketProvider;
  #welcomed = false;
  /** The hub has asked for what we have (step 1) and was answered. */
  #asked = false;
  #editedOffline = false;
  #lastSeq = 0;

  constructor(
    private readonly options: RoomConnectionOptions,
    private readonly listener: RoomConnectionListener,
  ) {
    const { token, document, epoch, fileId } = options;
    this.#provider = new WebsocketProvider(options.socketUrl, `json:notebook:${fileId}`, document.doc, {
      connect: false,
      awareness: document.awareness,
      params: { sessionId: epoch, ...(token === undefined ? {} : { token }) },
      WebSocketPolyfill: options.webSocket,
      disableBc: true,
      shouldReconnect: (event) => closeMeaning(event.code, event.reason).next === 'reconnect',
    });
  }

  start(): void {
    this.#addHandlers();
    this.options.document.doc.on('update', this.#noteEdit);
    this.#provider.on('status', ({ status }) => {
      if (status === 'connected') this.#begin(this.#greet());
    });
    this.#provider.on('connection-close', (event) => {
      this.#dropped();
      if (event !== null && !this.#provider.wsconnected) this.listener.neverOpened();
    });
    this.#provider.on('closed', ({ code, reason }) => this.#closed(code, reason));
    this.#provider.on('sync', (synced) => {
      if (synced) this.#synced();
    });
    this.#provider.connect();
  }

  /** Sends what waits, when the hub is ready for it. */
  sendWaiting(): void {
    const held = this.#editedOffline && !this.#asked;
    if (this.#welcomed && this.#provider.synced && !held) this.options.ledger.sendWaiting(this.#send);
  }

  /** The identity that others see in awareness: cursors carry it. */
  showUser({ name, color, participantId }: Welcome['you']): void {
    this.options.document.awareness.setLocalStateField('user', { name, color, participantId });
  }

  stop(): void {
    this.options.document.doc.off('update', this.#noteEdit);
    this.#provider.destroy();
  }

  #addHandlers(): void {
    const handlers = this.#provider.messageHandlers;
    handlers.forEach((handler, type) => {
      handlers[type] = (...frame) => this.#guard(() => handler(...frame));
    });
    const sync = handlers[FRAME_SYNC];
    handlers[FRAME_SYNC] = (encoder, decoder, ...rest) => {
      const asks = decoder.arr[decoder.pos] === messageYjsSyncStep1;
      sync?.(encoder, decoder, ...rest);
      if (asks) this.#answeredStep1();
    };
    handlers[FRAME_HUB] = (_encoder, decoder) => this.#guard(() => this.#receive(decoder));
  }

  #begin(task: Promise<void>): void {
    task.catch((error: unknown) => this.listener.log(`a fault in the room's connection: ${String(error)}`));
  }

  #guard(handle: () => void): void {
    try {
      handle();
    } catch (error) {
      this.listener.log(`a frame of the hub was dropped: ${String(error)}`);
    }
  }

  /** The provider sends the answer after its handler has returned; calls must come behind it. */
  #answeredStep1(): void {
    queueMicrotask(() => {
      this.#asked = true;
      this.sendWaiting();
    });
  }

  #noteEdit = (_update: Uint8Array, origin: unknown): void => {
    if (origin !== this.#provider && !this.#asked) this.#editedOffline = true;
  };

  async #greet(): Promise<void> {
    this.#lastSeq = 0;
    try {
      const welcome = await this.options.ledger.sendNow('hello', this.options.hello, this.#send);
      this.#welcomed = true;
      this.showUser(welcome.you);
      this.listener.changed({ type: 'welcomed', welcome });
      this.sendWaiting();
    } catch (error) {
      this.#notWelcomed(error);
    }
  }

  #notWelcomed(error: unknown): void {
    if (error instanceof CallError && error.code === 'disconnected') return;
    this.listener.gaveUp(`The hub did not let us in: ${error instanceof Error ? error.message : String(error)}`);
  }

  #synced(): void {
    this.listener.changed({ type: 'synced' });
    this.sendWaiting();
  }

  #dropped(): void {
    this.#welcomed = false;
    this.#asked = false;
    this.#editedOffline = false;
    // The hub has said that we left: only a newer clock than that brings our cursor back.
    const { awareness } = this.options.document;
    awareness.setLocalState(awareness.getLocalState());
    this.options.ledger.dropSent(new CallError('disconnected', 'the connection to the hub was lost'));
    this.listener.changed({ type: 'disconnected' });
  }

  #closed(code: number, reason: string): void {
    const meaning = closeMeaning(code, reason);
    if (meaning.next === 'giveUp') this.listener.gaveUp(meaning.failure);
    else this.listener.reload();
  }

  #send = (frame: CallFrame): void => {
    this.#provider.ws?.send(encodeHubFrame(frame));
  };

  #receive(decoder: Decoder): void {
    const frame = ServerFrame.safeParse(readHubFrame(decoder));
    if (!frame.success) this.listener.log(`a hub frame can't be read: ${z.prettifyError(frame.error)}`);
    else if ('id' in frame.data) this.options.ledger.answer(frame.data);
    else this.#told(frame.data);
  }

  #told({ seq, event }: EventFrame): void {
    const missed = seq > this.#lastSeq + 1;
    this.#lastSeq = seq;
    this.listener.changed({ type: 'told', event });
    if (missed) this.#begin(this.#readQueue());
  }

  /** Events were missed: the queue is what a client must not be wrong about. */
  async #readQueue(): Promise<void> {
    try {
      const queue = await this.options.ledger.sendNow('queue', {}, this.#send);
      this.listener.changed({ type: 'queueRead', queue });
    } catch (error) {
      this.listener.log(`the queue could not be read after missed events: ${String(error)}`);
    }
  }
}
