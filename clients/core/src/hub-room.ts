/**
 * The room that `joinRoom` gives: asks for the session, keeps one connection to it, and begins anew when the hub says that
 * the history has changed. Guarantees: `state` and `document` are replaced, never changed; a new history never meets an
 * old document; after `close()` nothing is left running.
 */
import type { CallName, CallParams, CallResult, HubEvent } from '@cokernel/proto/hub';
import { HUB_PROTOCOL } from '@cokernel/proto/hub';
import { fromBase64 } from 'lib0/buffer';
import { Awareness } from 'y-protocols/awareness';
import * as Y from 'yjs';
import { CallLedger } from './call-ledger.js';
import { encodePath, socketUrl } from './hub-address.js';
import { CallError, HubError } from './hub-error.js';
import { pause } from './pause.js';
import type { Rest } from './rest.js';
import { RoomSession } from './rest-models.js';
import type { JoinRoom, Room, RoomDocument, RoomState, SharedDocument } from './room.js';
import { RoomConnection } from './room-connection.js';
import type { RoomChange } from './room-state.js';
import { initialRoomState, nextRoomState } from './room-state.js';
import { UnstoredEdits } from './unstored-edits.js';

export interface HubRoomOptions {
  readonly join: JoinRoom;
  readonly rest: Rest;
  readonly webSocket: typeof WebSocket;
  readonly log: (message: string) => void;
}

/** As y-websocket's own bound: a person waits at most this long after the hub is back. */
const MAX_PAUSE_MS = 2500;

export class HubRoom implements Room {
  #state: RoomState;
  #document: RoomDocument | null = null;
  #connection: RoomConnection | null = null;
  #unstored: UnstoredEdits | null = null;
  #session: RoomSession | null = null;
  /** Times we began anew since the hub last welcomed us. */
  #attempts = 0;
  #asking = false;
  readonly #ledger = new CallLedger();
  readonly #listeners = new Set<() => void>();
  readonly #eventListeners = new Set<(event: HubEvent) => void>();
  readonly #closing = new AbortController();

  constructor(private readonly options: HubRoomOptions) {
    this.#state = initialRoomState(options.join.path);
  }

  get state(): RoomState {
    return this.#state;
  }

  get document(): RoomDocument | null {
    return this.#document;
  }

  start(): void {
    this.#begin(this.#enter());
  }

  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  onEvent(listener: (event: HubEvent) => void): () => void {
    this.#eventListeners.add(listener);
    return () => this.#eventListeners.delete(listener);
  }

  call<N extends CallName>(name: N, params: CallParams<N>): Promise<CallResult<N>> {
    if (this.#closing.signal.aborted) return Promise.reject(new CallError('disconnected', 'the room was left'));
    if (this.#state.failure !== null) return Promise.reject(new CallError('failed', this.#state.failure));
    const answer = this.#ledger.wait(name, params);
    this.#connection?.sendWaiting();
    return answer;
  }

  close(): void {
    if (this.#closing.signal.aborted) return;
    this.#closing.abort();
    this.#leaveDocument();
    this.#ledger.dropAll(new CallError('disconnected', 'the room was left'));
  }

  /** Nobody waits for what goes on by itself; a fault in it is at least said. */
  #begin(task: Promise<void>): void {
    task.catch((error: unknown) => this.options.log(`a fault in the room's connection: ${String(error)}`));
  }

  /** Asks for the session until there is one, then connects to it. */
  async #enter(): Promise<void> {
    if (this.#asking) return;
    this.#asking = true;
    const session = await this.#askUntilAnswered();
    this.#asking = false;
    if (session !== null && !this.#closing.signal.aborted) this.#open(session);
  }

  async #askUntilAnswered(): Promise<RoomSession | null> {
    while (!this.#closing.signal.aborted && this.#state.connection !== 'failed') {
      if (this.#attempts > 0) await pause(Math.min(100 * 2 ** this.#attempts, MAX_PAUSE_MS), this.#closing.signal);
      this.#attempts += 1;
      const session = await this.#askSession();
      if (session !== null) return session;
    }
    return null;
  }

  /** Null when the hub is out of reach; a refusal ends the room. */
  async #askSession(): Promise<RoomSession | null> {
    const request = {
      method: 'PUT',
      path: `/api/collaboration/session/${encodePath(this.#state.path)}`,
      body: { format: 'json', type: 'notebook' },
      signal: this.#closing.signal,
    } as const;
    try {
      return await this.options.rest.json(request, RoomSession);
    } catch (error) {
      this.#sessionRefused(error);
      return null;
    }
  }

  #sessionRefused(error: unknown): void {
    if (this.#closing.signal.aborted) return;
    const refused = error instanceof HubError && error.status !== null && error.status >= 400 && error.status < 500;
    if (refused) this.#fail(`${this.#state.path}: ${error.message}`);
    else if (error instanceof HubError) this.#change({ type: 'delayed', trouble: error.message });
    else this.options.log(`the session was not given: ${String(error)}`);
  }

  #open(session: RoomSession): void {
    this.#leaveDocument();
    const { join, rest, webSocket } = this.options;
    const document = (join.createDocument ?? createDocument)();
    this.#session = session;
    this.#document = { ...document, epoch: session.sessionId };
    this.#unstored = new UnstoredEdits(document.doc);
    const { name, deviceId, client } = join;
    const hello = { protocol: HUB_PROTOCOL, deviceId, client, ...(name === undefined ? {} : { name }) } as const;
    this.#connection = new RoomConnection(
      {
        socketUrl: socketUrl(rest.address, '/api/collaboration/room'),
        fileId: session.fileId,
        epoch: session.sessionId,
        token: rest.address.token,
        document,
        hello,
        ledger: this.#ledger,
        webSocket,
      },
      {
        changed: (change) => this.#change(change),
        reload: () => this.#begin(this.#enter()),
        gaveUp: (failure) => this.#fail(failure),
        neverOpened: () => this.#begin(this.#lookAgain()),
        log: this.options.log,
      },
    );
    this.#notify();
    this.#connection.start();
  }

  /** A socket that doesn't open says nothing about why (a browser hides it); the session endpoint does. */
  async #lookAgain(): Promise<void> {
    if (this.#asking) return;
    this.#asking = true;
    const session = await this.#askSession();
    this.#asking = false;
    if (session === null || this.#closing.signal.aborted) return;
    if (session.sessionId !== this.#session?.sessionId) this.#open(session);
  }

  #leaveDocument(): void {
    this.#connection?.stop();
    this.#connection = null;
    if (this.options.join.createDocument === undefined) this.#document?.doc.destroy();
  }

  #fail(failure: string): void {
    if (this.#closing.signal.aborted) return;
    this.#connection?.stop();
    this.#connection = null;
    this.#change({ type: 'failed', failure });
    this.#ledger.dropAll(new CallError('failed', failure));
  }

  #change(change: RoomChange): void {
    const before = this.#state;
    this.#state = nextRoomState(before, change);
    if (change.type === 'welcomed') this.#attempts = 0;
    if (change.type === 'told') this.#tell(change.event);
    if (this.#state !== before) this.#notify();
  }

  #tell(event: HubEvent): void {
    const { you } = this.#state;
    if (event.event === 'participantsChanged' && you !== null) this.#connection?.showUser(you);
    if (event.event === 'stored') this.#unstored?.stored(fromBase64(event.stateVector));
    for (const listener of this.#eventListeners) listener(event);
    // Sent again as it is, a refused edit would be refused again: only a document without it can go on.
    if (event.event === 'refused' && this.#session !== null) this.#open(this.#session);
  }

  #notify(): void {
    for (const listener of this.#listeners) listener();
  }
}

function createDocument(): SharedDocument {
  const doc = new Y.Doc();
  return { doc, awareness: new Awareness(doc) };
}
