/**
 * A hub of the few rules that the room connection depends on, so that a test can say and do what a real hub does only when
 * something is wrong: close with any code, skip an event, send what can't be read.
 */
import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  DEFAULT_QUEUE_RULES,
  CallFrame,
  FRAME_HUB,
  FRAME_SYNC,
  encodeHubFrame,
  readHubFrame,
} from '@cokernel/proto/hub';
import * as decoding from 'lib0/decoding';
import * as encoding from 'lib0/encoding';
import { type WebSocket, WebSocketServer } from 'ws';
import * as syncProtocol from 'y-protocols/sync';
import * as Y from 'yjs';

export const welcome = {
  protocol: 1,
  version: '0.1.0',
  you: { participantId: 'p1', name: 'Ann', color: '#123456', role: 'owner' },
  fileId: 'f1',
  path: 'a b.ipynb',
  epoch: 'e1',
  participants: [],
  kernel: null,
  kernelSpecs: [],
  queue: { number: 1, held: null, rules: DEFAULT_QUEUE_RULES, running: null, queued: [] },
  prompt: null,
  saving: { state: 'saved', at: null },
};

type Answer = { readonly result: unknown } | { readonly error: { code: string; message: string } } | 'silence';

export class SmallHub {
  readonly #server: Server = createServer((request, response) => this.#rest(request, response));
  readonly #sockets = new WebSocketServer({ noServer: true });
  doc = new Y.Doc();
  epoch = 'e1';
  /** The status of the session endpoint. */
  sessionStatus = 200;
  /** How long the check of a client's history takes. */
  checking: Promise<void> | null = null;
  /** What arrived, in order: `hello`, `step1`, `step2`, `update`, and the names of other calls. */
  arrived: string[] = [];
  sessionsAsked: string[] = [];
  openSockets: WebSocket[] = [];
  answers: Record<string, (params: unknown) => Answer> = {};
  rest: (request: IncomingMessage, response: ServerResponse) => boolean = () => false;

  async start(): Promise<string> {
    this.#server.on('upgrade', (request, socket, head) => {
      this.#sockets.handleUpgrade(request, socket, head, (opened) => this.#opened(opened));
    });
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    return this.url;
  }

  get url(): string {
    return `http://127.0.0.1:${String((this.#server.address() as AddressInfo).port)}`;
  }

  async stop(): Promise<void> {
    for (const socket of this.openSockets) socket.terminate();
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
    this.doc.destroy();
  }

  tell(frame: unknown): void {
    const encoder = encoding.createEncoder();
    encoding.writeVarUint(encoder, FRAME_HUB);
    encoding.writeVarString(encoder, typeof frame === 'string' ? frame : JSON.stringify(frame));
    this.openSockets.at(-1)?.send(encoding.toUint8Array(encoder));
  }

  closeSocket(code: number, reason: string): void {
    this.openSockets.at(-1)?.close(code, reason);
  }

  #rest(request: IncomingMessage, response: ServerResponse): void {
    if (this.rest(request, response)) return;
    this.sessionsAsked.push(`${request.method ?? ''} ${request.url ?? ''}`);
    response.writeHead(this.sessionStatus, { 'Content-Type': 'application/json' });
    const refusal = { message: 'no such file', reason: null };
    response.end(JSON.stringify(this.sessionStatus < 400 ? { fileId: 'f1', sessionId: this.epoch } : refusal));
  }

  #opened(socket: WebSocket): void {
    this.openSockets.push(socket);
    const { doc } = this;
    const relay = (update: Uint8Array, origin: unknown) => {
      if (origin !== socket) socket.send(syncFrame((encoder) => syncProtocol.writeUpdate(encoder, update)));
    };
    doc.on('update', relay);
    socket.on('close', () => doc.off('update', relay));
    socket.on('message', (data: Buffer) => this.#receive(socket, new Uint8Array(data)));
  }

  #receive(socket: WebSocket, data: Uint8Array): void {
    const decoder = decoding.createDecoder(data);
    const type = decoding.readVarUint(decoder);
    if (type === FRAME_SYNC) this.#sync(socket, decoder);
    if (type === FRAME_HUB) this.#call(socket, CallFrame.parse(readHubFrame(decoder)));
  }

  #sync(socket: WebSocket, decoder: decoding.Decoder): void {
    const kind = decoder.arr[decoder.pos] ?? -1;
    this.arrived.push(['step1', 'step2', 'update'][kind] ?? 'unknown');
    const answer = encoding.createEncoder();
    encoding.writeVarUint(answer, FRAME_SYNC);
    syncProtocol.readSyncMessage(decoder, answer, this.doc, socket);
    if (encoding.length(answer) > 1) socket.send(encoding.toUint8Array(answer));
    if (kind === 0) this.#askForEdits(socket);
  }

  /** As a hub must: what the client has is asked for only after its history was checked. */
  #askForEdits(socket: WebSocket): void {
    const ask = () => socket.send(syncFrame((encoder) => syncProtocol.writeSyncStep1(encoder, this.doc)));
    if (this.checking === null) ask();
    else this.checking.then(ask, ask);
  }

  #call(socket: WebSocket, { id, call, params }: CallFrame): void {
    this.arrived.push(call);
    const known: Record<string, Answer> = { hello: { result: { ...welcome, epoch: this.epoch } } };
    const answer = this.answers[call]?.(params) ?? known[call] ?? { result: {} };
    if (answer === 'silence') return;
    socket.send(encodeHubFrame('result' in answer ? { id, ok: true, ...answer } : { id, ok: false, ...answer }));
  }
}

function syncFrame(write: (encoder: encoding.Encoder) => void): Uint8Array {
  const encoder = encoding.createEncoder();
  encoding.writeVarUint(encoder, FRAME_SYNC);
  write(encoder);
  return encoding.toUint8Array(encoder);
}
