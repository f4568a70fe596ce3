/** A program in a room, written from PROTOCOL.md alone: a WebSocket, a Yjs document, calls and events. */
import * as decoding from 'lib0/decoding';
import * as encoding from 'lib0/encoding';
import { WebSocket } from 'ws';
import * as syncProtocol from 'y-protocols/sync';
import * as Y from 'yjs';
import {
  AnswerFrame,
  CellId,
  EventFrame,
  FRAME_HUB,
  FRAME_SYNC,
  RequestId,
  calls,
  encodeHubFrame,
  readHubFrame,
  sourceHash,
} from '@cokernel/proto/hub';
import type { CallName, CallParams, CallResult, HubEvent, HubEventName } from '@cokernel/proto/hub';
import { findCell, outputsOf, readCell, sourceText } from '@cokernel/proto/notebook';
import { z } from 'zod';
import { TOKEN, type TestHub } from './test-hub.js';
import { waitUntil } from './wait-until.js';

const Session = z.object({ fileId: z.string(), sessionId: z.string() });
export type Session = z.infer<typeof Session>;

export async function sessionOf(hub: TestHub, name: string): Promise<Session> {
  const path = name.split('/').map(encodeURIComponent).join('/');
  const body = { format: 'json', type: 'notebook' };
  return Session.parse((await hub.rest('PUT', `/api/collaboration/session/${path}`, body)).json);
}

export const roomUrl = (hub: TestHub, fileId: string, query = `?token=${TOKEN}`): string =>
  `${hub.url.replace('http', 'ws')}/api/collaboration/room/json:notebook:${fileId}${query}`;

export class RoomProgram {
  readonly events: { readonly seq: number; readonly event: HubEvent }[] = [];
  /** Frames of the hub in the order in which they came: `event` names, and `answer`. */
  readonly order: string[] = [];
  readonly frames: Uint8Array[] = [];
  synced = false;
  private saidStepOne = false;
  closed: { readonly code: number; readonly reason: string } | null = null;
  private readonly waiting = new Map<number, (answer: AnswerFrame) => void>();
  readonly strays: AnswerFrame[] = [];
  private nextId = 1;

  private constructor(
    readonly socket: WebSocket,
    readonly doc: Y.Doc,
  ) {}

  /** Opens the socket of a room; says nothing on it yet. */
  static async open(url: string, doc = new Y.Doc()): Promise<RoomProgram> {
    const socket = new WebSocket(url);
    const program = new RoomProgram(socket, doc);
    socket.on('message', (data: Buffer) => {
      program.receive(new Uint8Array(data));
    });
    socket.on('close', (code, reason) => {
      program.closed = { code, reason: reason.toString() };
    });
    socket.on('error', () => undefined);
    doc.on('update', program.edited);
    await waitUntil('the socket opens', () => socket.readyState !== WebSocket.CONNECTING);
    return program;
  }

  /** In the room of this notebook, with its state, and greeted when it has a name. */
  static async join(hub: TestHub, notebook: string, name?: string): Promise<RoomProgram> {
    const { fileId } = await sessionOf(hub, notebook);
    const program = await RoomProgram.open(roomUrl(hub, fileId));
    program.sendStepOne();
    await waitUntil('the document is there', () => program.synced);
    if (name !== undefined) await program.hello(name);
    return program;
  }

  hello(name: string, deviceId = `device of ${name}`.padEnd(16, '.')): Promise<CallResult<'hello'>> {
    return this.call('hello', calls.hello.params.parse({ protocol: 1, deviceId, name, client: 'program' }));
  }

  /** The result; throws the refusal's code. */
  async call<N extends CallName>(name: N, params: CallParams<N>): Promise<CallResult<N>> {
    const answer = await this.ask(name, params);
    if (!answer.ok) throw new Error(`${answer.error.code}: ${answer.error.message}`);
    return calls[name].result.parse(answer.result) as CallResult<N>;
  }

  /** The kernel's answer, at once or told later. */
  async answerTo<N extends 'complete' | 'inspect' | 'variables'>(name: N, params: CallParams<N>): Promise<unknown> {
    const answer = await this.call(name, params);
    if (answer.status !== 'kernelBusy') return answer;
    const told = () => this.told('kernelAnswered').find(({ questionId }) => questionId === answer['questionId']);
    await waitUntil('the answer is told', () => told() !== undefined);
    return told()?.content;
  }

  ask(call: string, params: unknown): Promise<AnswerFrame> {
    const id = this.nextId;
    this.nextId += 1;
    this.socket.send(encodeHubFrame({ id, call, params }));
    return new Promise((resolve) => this.waiting.set(id, resolve));
  }

  /** Runs cells as they stand in this program's document. */
  run(cellIds: readonly string[], options: { requestId?: string; stopOnError?: boolean } = {}) {
    const { requestId = crypto.randomUUID(), stopOnError = true } = options;
    const cells = cellIds.map((id) => ({ cellId: CellId.parse(id), sourceHash: sourceHash(this.source(id)) }));
    return this.call('run', { requestId: RequestId.parse(requestId), cells, stopOnError });
  }

  /** Runs a cell to its end; how that was. */
  async ran(cellId: string): Promise<string> {
    const { runs } = await this.run([cellId]);
    return this.finished(runs[0]?.run.runId ?? '');
  }

  source(cellId: string): string {
    const cell = findCell(this.doc, CellId.parse(cellId));
    return cell === null ? '' : (sourceText(cell)?.toString() ?? '');
  }

  setSource(cellId: string, text: string): void {
    const cell = findCell(this.doc, CellId.parse(cellId));
    const source = cell === null ? null : sourceText(cell);
    this.doc.transact(() => {
      source?.delete(0, source.length);
      source?.insert(0, text);
    });
  }

  cell(cellId: string): ReturnType<typeof readCell> {
    const cell = findCell(this.doc, CellId.parse(cellId));
    if (cell === null) throw new Error(`there is no cell ${cellId}`);
    return readCell(cell, CellId.parse('nameless'));
  }

  /** The text that a cell's outputs show, one after the other. */
  output(cellId: string): string {
    const cell = findCell(this.doc, CellId.parse(cellId));
    const outputs = cell === null ? null : outputsOf(cell);
    return (outputs?.toArray() ?? []).map((output) => JSON.stringify(output.toJSON())).join('\n');
  }

  cellIds(): string[] {
    return this.doc.getArray<Y.Map<unknown>>('cells').map((cell) => String(cell.get('id')));
  }

  /** Events of this name, in order. */
  told<N extends HubEventName>(name: N): Extract<HubEvent, { event: N }>[] {
    return this.events.map(({ event }) => event).filter((event) => event.event === name) as Extract<
      HubEvent,
      { event: N }
    >[];
  }

  /** Waits for the end of a run. */
  async finished(runId: string): Promise<string> {
    const end = () => this.told('runFinished').find(({ run }) => run.runId === runId)?.run.state;
    await waitUntil(`run ${runId} ends`, () => end() !== undefined);
    return end() ?? '';
  }

  sendStepOne(stateVector = Y.encodeStateVector(this.doc)): void {
    this.saidStepOne = true;
    this.sendSync((encoder) => {
      encoding.writeVarUint(encoder, syncProtocol.messageYjsSyncStep1);
      encoding.writeVarUint8Array(encoder, stateVector);
    });
  }

  send(bytes: Uint8Array | readonly number[]): void {
    this.socket.send(Uint8Array.from(bytes));
  }

  /** Ends when the hub has read all that was sent before: it answers in order. */
  async flushed(): Promise<void> {
    await this.ask('no such call', {});
  }

  async isClosed(): Promise<{ readonly code: number; readonly reason: string }> {
    await waitUntil('the hub closes the socket', () => this.closed !== null);
    return this.closed ?? { code: 0, reason: '' };
  }

  close(): void {
    this.doc.off('update', this.edited);
    this.socket.terminate();
  }

  private sendSync(write: (encoder: encoding.Encoder) => void): void {
    const encoder = encoding.createEncoder();
    encoding.writeVarUint(encoder, FRAME_SYNC);
    write(encoder);
    this.socket.send(encoding.toUint8Array(encoder));
  }

  private readonly edited = (update: Uint8Array, origin: unknown): void => {
    if (origin === this) return;
    this.sendSync((encoder) => {
      syncProtocol.writeUpdate(encoder, update);
    });
  };

  private receive(bytes: Uint8Array): void {
    this.frames.push(bytes);
    const decoder = decoding.createDecoder(bytes);
    const type = decoding.readVarUint(decoder);
    if (type === FRAME_SYNC) this.sync(decoder);
    if (type === FRAME_HUB) this.hubFrame(readHubFrame(decoder));
  }

  private sync(decoder: decoding.Decoder): void {
    const answer = encoding.createEncoder();
    encoding.writeVarUint(answer, FRAME_SYNC);
    const step = syncProtocol.readSyncMessage(decoder, answer, this.doc, this);
    if (step === syncProtocol.messageYjsSyncStep2) this.synced = true;
    // The hub's own step1 comes first; what we have is said only after ours was sent.
    if (encoding.length(answer) > 1 && this.saidStepOne) this.socket.send(encoding.toUint8Array(answer));
  }

  private hubFrame(json: unknown): void {
    const event = EventFrame.safeParse(json);
    if (event.success) {
      this.order.push(event.data.event.event);
      this.events.push(event.data);
      return;
    }
    const answer = AnswerFrame.parse(json);
    this.order.push('answer');
    const resolve = this.waiting.get(answer.id);
    if (resolve === undefined) this.strays.push(answer);
    else resolve(answer);
  }
}
