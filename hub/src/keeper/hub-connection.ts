/**
 * One hub at the keeper's socket: reads its hello, then its requests and the messages that it sends to kernels, and
 * answers each. A request that can't be read is refused, bytes that are no frames end this connection only, and
 * nothing that a hub says or does not read touches the kernels' own work.
 */
import type { Socket } from 'node:net';
import { KernelId } from '@cokernel/proto/hub';
import { decodeV1 } from '@cokernel/proto/jupyter';
import { z } from 'zod';
import { FrameReader, type Frame } from '../kernel/frame-stream.js';
import { KernelHostError } from '../kernel/kernel-host.js';
import {
  decodeJson,
  decodeSend,
  encodeJson,
  FRAME_JSON,
  FRAME_SEND,
  FromHub,
  KEEPER_PROTOCOL_VERSION,
  MAX_TO_KEEPER_BYTES,
  type KeeperCounters,
  type KeeperAnswer,
  type KeeperRequest,
  type Refusal,
} from '../kernel/keeper-protocol.js';
import type { Log } from '../kernel/log.js';
import type { Attachment, HubSink } from './attachment.js';
import type { Counts } from './counts.js';
import type { HostedKernel } from './hosted-kernel.js';
import type { Supervisor } from './supervisor.js';

/** Enough to keep the socket busy; what is more stays in the journals, where it is bounded. */
const WINDOW_BYTES = 256 * 1024;
/** Of answers and events, which no window bounds: a hub that reads is never so far behind. */
const MAX_UNREAD_BYTES = 64 * 1024 * 1024;

interface Attached {
  readonly kernel: HostedKernel;
  readonly attachment: Attachment;
}

export class HubConnection implements HubSink {
  readonly #reader = new FrameReader(MAX_TO_KEEPER_BYTES);
  readonly #attached = new Map<KernelId, Attached>();
  #greeted = false;

  constructor(
    private readonly socket: Socket,
    private readonly supervisor: Supervisor,
    /** Frames that were not followed, by reason. */
    private readonly dropped: Counts,
    private readonly log: Log,
  ) {}

  start(): void {
    this.socket.on('data', (chunk: Buffer) => {
      this.#read(chunk);
    });
    this.socket.on('drain', () => {
      this.#pumpAll();
    });
    this.socket.on('error', (error) => {
      this.log('info', 'a hub was lost', { reason: error.message });
    });
    this.socket.once('close', () => {
      if (this.#reader.isInFrame && !this.#reader.isBroken) this.#drop('cutOff', 'a hub left in the middle of a frame');
      for (const { kernel, attachment } of this.#attached.values()) kernel.feed.detach(attachment);
      this.#attached.clear();
    });
    this.write(encodeJson({ type: 'hello', version: KEEPER_PROTOCOL_VERSION }));
  }

  hasRoom(): boolean {
    return !this.socket.destroyed && this.socket.writableLength < WINDOW_BYTES;
  }

  /** What is written in one turn leaves in one piece: a call of the system for each would be most of the work. */
  write(frame: Buffer): void {
    if (this.socket.destroyed) return;
    if (this.socket.writableLength > MAX_UNREAD_BYTES) {
      this.#drop('unread', 'a hub does not read what it is told');
      this.socket.destroy();
      return;
    }
    if (this.socket.writableCorked === 0) {
      this.socket.cork();
      process.nextTick(() => this.socket.uncork());
    }
    this.socket.write(frame);
  }

  #read(chunk: Buffer): void {
    for (const frame of this.#reader.feed(chunk)) this.#handle(frame);
    if (!this.#reader.isBroken || this.socket.destroyed) return;
    this.#drop('noFrames', 'a hub sent bytes that are no frames');
    this.socket.destroy();
  }

  /** A frame that can't be handled must end neither the keeper nor what comes after it. */
  #handle(frame: Frame): void {
    try {
      this.#follow(frame);
    } catch (error) {
      this.#drop('failed', 'a frame could not be handled', { reason: String(error) });
    }
  }

  #follow(frame: Frame): void {
    if (frame.kind === FRAME_JSON) this.#handleJson(decodeJson(frame.payload));
    else if (frame.kind === FRAME_SEND && this.#greeted) this.#handleSend(frame.payload);
    else this.#drop(this.#greeted ? 'unknownKind' : 'noHello', 'a frame was skipped', { kind: frame.kind });
  }

  #handleJson(value: unknown): void {
    const parsed = FromHub.safeParse(value);
    if (!parsed.success) {
      this.#refuseUnread(value, parsed.error);
    } else if (parsed.data.type === 'hello') {
      this.#greeted = parsed.data.version === KEEPER_PROTOCOL_VERSION;
      // Our hello has told the hub our version already; it decides what to do about it.
      if (this.#greeted) return;
      this.#drop('otherVersion', 'a hub speaks another version', { version: parsed.data.version });
      this.socket.end();
    } else if (this.#greeted) {
      this.#answer(parsed.data.id, this.#do(parsed.data));
    } else {
      this.#drop('noHello', 'a hub asked before it said hello');
    }
  }

  #handleSend(payload: Buffer): void {
    const frame = decodeSend(payload);
    if (frame === null) {
      this.#drop('unreadable', 'a message to a kernel could not be read');
      return;
    }
    this.#answer(frame.id, this.#send(frame.kernelId, frame.fence, frame.v1Frame));
  }

  async #send(kernelId: string, fence: number, v1Frame: Buffer): Promise<void> {
    const kernel = this.supervisor.command(KernelId.parse(kernelId), fence);
    const decoded = decodeV1(v1Frame);
    if (!decoded.ok) throw new KernelHostError('badRequest', `this is not a message: ${decoded.reason}`);
    await kernel.send(decoded.message, decoded.parts, fence);
  }

  async #do(request: KeeperRequest): Promise<unknown> {
    const { supervisor } = this;
    switch (request.request) {
      case 'kernels':
        return supervisor.list();
      case 'start':
        return supervisor.start(request);
      case 'counters':
        return this.#counters();
      case 'adoptExisting':
        return supervisor.adopt(request);
      case 'attach':
        return this.#attach(request.id, request.kernelId, request.fence, request.fromSeq);
      case 'detach':
        return this.#detach(request.kernelId);
      case 'interrupt':
        return supervisor.command(request.kernelId, request.fence).interrupt(request.msgId);
      case 'restart':
        return supervisor.command(request.kernelId, request.fence).restart();
      case 'shutdown':
        return supervisor.shutdown(request.kernelId, request.fence);
    }
  }

  #counters(): KeeperCounters {
    const rssBytes = process.memoryUsage.rss();
    return { rssBytes, droppedFrames: this.dropped.byReason, kernels: [...this.supervisor.counters] };
  }

  /** Answers itself, in the same turn: no message may come before the answer, nor the facts be older than it. */
  #attach(id: number, kernelId: KernelId, fence: number, fromSeq: number): typeof ANSWERED {
    const kernel = this.supervisor.command(kernelId, fence);
    this.#detach(kernelId);
    const attachment = kernel.feed.attach(this, fromSeq);
    this.#attached.set(kernelId, { kernel, attachment });
    this.#tell({ type: 'answer', id, ok: true, result: kernel.facts });
    this.#pumpAll();
    return ANSWERED;
  }

  #detach(kernelId: KernelId): void {
    const attached = this.#attached.get(kernelId);
    attached?.kernel.feed.detach(attached.attachment);
    this.#attached.delete(kernelId);
  }

  #answer(id: number, work: Promise<unknown>): void {
    work.then(
      (result) => {
        if (result !== ANSWERED) this.#tell({ type: 'answer', id, ok: true, result: result ?? null });
      },
      (error: unknown) => {
        const refusal = refusalOf(error);
        this.dropped.add(refusal.code);
        this.#tell({ type: 'answer', id, ok: false, refusal });
      },
    );
  }

  /** Nothing is made for a hub that has gone, which may have asked for much. */
  #tell(answer: KeeperAnswer): void {
    if (!this.socket.destroyed) this.write(encodeJson(answer));
  }

  /** One kernel after the other, each a turn; who wrote goes last, so that none waits behind one that floods. */
  #pumpAll(): void {
    let wrote = true;
    while (wrote && this.hasRoom()) {
      wrote = false;
      for (const [kernelId, attached] of [...this.#attached]) {
        if (!attached.attachment.pump()) continue;
        wrote = true;
        this.#attached.delete(kernelId);
        this.#attached.set(kernelId, attached);
      }
    }
  }

  #drop(reason: string, message: string, fields?: Readonly<Record<string, unknown>>): void {
    if (this.dropped.add(reason)) this.log('warn', message, { why: reason, ...fields });
  }

  #refuseUnread(value: unknown, error: z.ZodError): void {
    const message = z.prettifyError(error);
    this.#drop('notUnderstood', 'a hub said what could not be read', { reason: message });
    const id = z.object({ id: z.number() }).safeParse(value);
    if (!id.success) return;
    this.#tell({ type: 'answer', id: id.data.id, ok: false, refusal: { code: 'badRequest', message } });
  }
}

/** The result of a request that has written its answer. */
const ANSWERED = Symbol('answered');

function refusalOf(error: unknown): Refusal {
  if (!(error instanceof KernelHostError)) {
    return { code: 'badRequest', message: error instanceof Error ? error.message : String(error) };
  }
  const { code, message, highestFence } = error;
  return highestFence === undefined ? { code, message } : { code, message, highestFence };
}
