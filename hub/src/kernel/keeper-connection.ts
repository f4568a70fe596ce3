/**
 * The hub's end of the keeper's socket: answers its hello in its own version, asks and is answered, and hands what
 * kernels say to who listens for that kernel, in the order in which it came. When the connection breaks, every open question is rejected
 * (`unreachable`) and every listener is told; whoever wants to go on makes a new connection.
 */
import { connect, type Socket } from 'node:net';
import type { KernelId } from '@cokernel/proto/hub';
import { decodeV1, encodeV1, type KernelMessage } from '@cokernel/proto/jupyter';
import { FrameReader, type Frame } from './frame-stream.js';
import {
  decodeJson,
  decodeKernelMessage,
  encodeJson,
  encodeSend,
  FRAME_JSON,
  FRAME_KERNEL_MESSAGE,
  FromKeeper,
  HostedKernelView,
  KEEPER_PROTOCOL_VERSION,
  MAX_TO_KEEPER_BYTES,
  type KeeperAnswer,
  type KeeperQuestion,
} from './keeper-protocol.js';
import {
  eventOfFormer,
  FormerHostedKernelView,
  FORMER_VERSION,
  FromFormerKeeper,
  type FormerEvent,
} from './keeper-protocol-v1.js';
import { KernelHostError, type HostedKernel, type KernelHostEvent } from './kernel-host.js';
import type { Log } from './log.js';

/** A kilobyte is left for what stands around the message. */
const MAX_MESSAGE_BYTES = MAX_TO_KEEPER_BYTES - 1024;

export type KernelListener = (event: KernelHostEvent) => void;

interface Pending {
  readonly answered: (result: unknown) => void;
  readonly refused: (error: KernelHostError) => void;
}

interface Listening {
  readonly listener: KernelListener;
  /** Of what was handed over last: a keeper of the former version does not number its events. */
  lastSeq: number;
}

export class KeeperConnection {
  readonly #reader = new FrameReader();
  readonly #pending = new Map<number, Pending>();
  readonly #listeners = new Map<string, Listening>();
  #version = KEEPER_PROTOCOL_VERSION;
  #nextId = 1;
  #greeted: { resolve: () => void; reject: (error: Error) => void } | null = null;
  #open = false;

  private constructor(
    private readonly socket: Socket,
    private readonly log: Log,
  ) {}

  /**
   * Resolves when the keeper has said hello in a version that we speak; rejects with `versionMismatch` or `unreachable`, also
   * when it has said nothing before it is `over`: a stopped process says nothing.
   */
  static async open(socketPath: string, log: Log, over?: AbortSignal): Promise<KeeperConnection> {
    const socket = connect(socketPath);
    const giveUp = (): void => void socket.destroy(new Error('the keeper says nothing'));
    over?.addEventListener('abort', giveUp);
    if (over?.aborted) giveUp();
    try {
      const connection = new KeeperConnection(socket, log);
      await connection.#start();
      return connection;
    } finally {
      over?.removeEventListener('abort', giveUp);
    }
  }

  get isOpen(): boolean {
    return this.#open;
  }

  /** The keeper is of the former version, and can't do what came after it. */
  get isFormer(): boolean {
    return this.#version === FORMER_VERSION;
  }

  /** What the keeper answers where it tells of a kernel. */
  hostedKernel(result: unknown): HostedKernel {
    return (this.isFormer ? FormerHostedKernelView : HostedKernelView).parse(result);
  }

  /** Rejects with what the keeper refused. */
  ask(question: KeeperQuestion): Promise<unknown> {
    return this.#askWith(question, () => undefined);
  }

  /**
   * Attaches; the listener hears what comes after the answer, from the first byte on. One listener a kernel: an
   * earlier one is told `detached`.
   */
  attach(kernelId: KernelId, fromSeq: number, fence: number, listener: KernelListener): Promise<unknown> {
    return this.#askWith({ request: 'attach', kernelId, fromSeq, fence }, () => {
      this.#listeners.get(kernelId)?.listener({ type: 'detached', reason: 'this hub attached to the kernel again' });
      this.#listeners.set(kernelId, { listener, lastSeq: fromSeq });
    });
  }

  /** Stops the events of this listener, if it is still the one that hears them. */
  detach(kernelId: KernelId, listener: KernelListener): void {
    if (this.#listeners.get(kernelId)?.listener !== listener) return;
    this.#listeners.delete(kernelId);
    if (!this.#open) return;
    this.ask({ request: 'detach', kernelId }).catch((error: unknown) => {
      this.log('info', 'a kernel was not detached', { kernelId, reason: String(error) });
    });
  }

  send(kernelId: KernelId, fence: number, message: KernelMessage): Promise<unknown> {
    const v1Frame = encodeV1(message);
    // The keeper would close the connection, and with it what all kernels of this hub say.
    if (v1Frame.length > MAX_MESSAGE_BYTES) return Promise.reject(tooLarge(v1Frame.length));
    return this.#await(
      (id) => encodeSend(id, fence, kernelId, v1Frame),
      () => undefined,
    );
  }

  /** Resolves when the socket is closed; who leaves is told nothing more. Can be called twice. */
  async close(): Promise<void> {
    this.#listeners.clear();
    if (this.socket.closed) return;
    const closed = new Promise<void>((resolve) => this.socket.once('close', () => resolve()));
    this.socket.destroy();
    await closed;
  }

  #start(): Promise<void> {
    this.socket.on('data', (chunk: Buffer) => {
      this.#read(chunk);
    });
    this.socket.once('error', (error) => {
      this.#broke(error.message);
    });
    this.socket.once('close', () => {
      this.#broke('the keeper closed the connection');
    });
    return new Promise((resolve, reject) => {
      this.#greeted = { resolve, reject };
    });
  }

  #askWith(question: KeeperQuestion, onAnswer: () => void): Promise<unknown> {
    return this.#await((id) => encodeJson({ type: 'request', id, ...question }), onAnswer);
  }

  /** `onAnswer` runs before anything that stands behind the answer in the stream is read. */
  #await(frame: (id: number) => Buffer, onAnswer: () => void): Promise<unknown> {
    if (!this.#open) return Promise.reject(new KernelHostError('unreachable', 'the keeper is out of reach'));
    const id = this.#nextId;
    this.#nextId = id === 0xffff_ffff ? 1 : id + 1;
    return new Promise((resolve, reject) => {
      const answered = (result: unknown) => {
        onAnswer();
        resolve(result);
      };
      this.#pending.set(id, { answered, refused: reject });
      this.socket.write(frame(id));
    });
  }

  /**
   * One piece a turn of the event loop, and then whoever else waits: of what a kernel floods us with Node would read two
   * megabytes in one turn, thousands of messages that each keystroke would wait behind.
   */
  #read(chunk: Buffer): void {
    this.socket.pause();
    setImmediate(() => this.socket.resume());
    for (const frame of this.#reader.feed(chunk)) this.#handle(frame);
    if (this.#reader.isBroken) this.socket.destroy(new Error('the keeper sent bytes that are no frames'));
  }

  #handle(frame: Frame): void {
    if (frame.kind === FRAME_KERNEL_MESSAGE) this.#handleMessage(frame.payload);
    else if (frame.kind === FRAME_JSON) this.#handleJson(frame.payload);
    else this.log('warn', 'a frame of unknown kind was skipped', { kind: frame.kind });
  }

  #handleMessage(payload: Buffer): void {
    const frame = decodeKernelMessage(payload);
    if (frame === null) {
      this.log('error', 'the keeper sent a frame that is too short');
      return;
    }
    const decoded = decodeV1(frame.v1Frame);
    if (!decoded.ok) {
      this.log('error', 'the keeper handed over what is no message', { reason: decoded.reason });
      return;
    }
    this.#tell(frame.kernelId, { type: 'message', seq: frame.seq, message: decoded.message });
  }

  #handleJson(payload: Buffer): void {
    const parsed = (this.isFormer ? FromFormerKeeper : FromKeeper).safeParse(decodeJson(payload));
    if (!parsed.success) {
      this.log('error', 'the keeper said what could not be read', { reason: parsed.error.message });
    } else if (parsed.data.type === 'hello') {
      this.#handleHello(parsed.data.version);
    } else if (parsed.data.type === 'answer') {
      this.#handleAnswer(parsed.data);
    } else if (parsed.data.type === 'formerEvent') {
      this.#handleFormerEvent(parsed.data.kernelId, parsed.data.event);
    } else {
      this.#tell(parsed.data.kernelId, parsed.data.event);
    }
  }

  #handleHello(version: number): void {
    if (version === KEEPER_PROTOCOL_VERSION || version === FORMER_VERSION) {
      this.#version = version;
      this.#open = true;
      this.socket.write(encodeJson({ type: 'hello', version }));
      this.#greeted?.resolve();
      return;
    }
    const message = `the keeper speaks version ${version}, this hub ${FORMER_VERSION} and ${KEEPER_PROTOCOL_VERSION}: stop its kernels and the keeper, then start the hub again`;
    this.#greeted?.reject(new KernelHostError('versionMismatch', message));
    this.socket.destroy();
  }

  #handleAnswer(answer: KeeperAnswer): void {
    const pending = this.#pending.get(answer.id);
    this.#pending.delete(answer.id);
    if (answer.ok) {
      pending?.answered(answer.result);
      return;
    }
    const { code, message, highestFence } = answer.refusal;
    pending?.refused(new KernelHostError(code, message, highestFence));
  }

  #handleFormerEvent(kernelId: string, event: FormerEvent): void {
    const listening = this.#listeners.get(kernelId);
    if (listening !== undefined) this.#tell(kernelId, eventOfFormer(event, listening.lastSeq));
  }

  /** A listener that throws must not end the stream for all kernels. */
  #tell(kernelId: string, event: KernelHostEvent): void {
    const listening = this.#listeners.get(kernelId);
    if (listening === undefined) return;
    if ('seq' in event) listening.lastSeq = event.seq;
    else if (event.type === 'gap') listening.lastSeq = event.toSeq - 1;
    try {
      listening.listener(event);
    } catch (error) {
      this.log('error', 'a listener failed', { kernelId, event: event.type, reason: String(error) });
    }
  }

  #broke(reason: string): void {
    this.#open = false;
    const error = new KernelHostError('unreachable', `the keeper is out of reach: ${reason}`);
    this.#greeted?.reject(error);
    for (const pending of this.#pending.values()) pending.refused(error);
    this.#pending.clear();
    for (const kernelId of [...this.#listeners.keys()]) this.#tell(kernelId, { type: 'detached', reason });
    this.#listeners.clear();
  }
}

function tooLarge(bytes: number): KernelHostError {
  const message = `a message of ${bytes} bytes is too large for a kernel: ${MAX_MESSAGE_BYTES} at most`;
  return new KernelHostError('badRequest', message);
}
