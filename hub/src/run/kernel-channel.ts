/**
 * The channels of one kernel as stock Jupyter clients use them (wire.md §1): what the kernel says on iopub goes to every
 * client, a reply or a question to the one whose request it answers. A client is known by its session id: when its
 * connection breaks it is remembered for a while, and gets what it missed, once and in order, when it comes back.
 */
import type { KernelMessage, Sender } from '@cokernel/proto/jupyter';
import type { BatchId, KernelStatus } from '@cokernel/proto/hub';
import { closeCodes } from '@cokernel/proto/hub';
import { messageOf } from '../errors.js';
import { batchOf, isClientBatch } from './client-run.js';
import { holeMessage, kernelState } from './kernel-channel-answers.js';
import { ChannelBacklog } from './kernel-channel-backlog.js';
import type { ChannelSocket } from './kernel-channel-client.js';
import { ChannelClient } from './kernel-channel-client.js';
import type { ClientDoors } from './kernel-channel-inbox.js';
import { ChannelInbox } from './kernel-channel-inbox.js';
import { ChannelRequests } from './kernel-channel-requests.js';
import type { KernelSession } from './kernel-session.js';
import type { SessionLog } from './kernel-session-options.js';
import type { QueueChange, RunQueue } from './run-queue.js';

export interface KernelChannelOptions {
  readonly session: KernelSession;
  readonly queue: RunQueue;
  /** How long a client that has gone is remembered: longer than a laptop changes networks (10 minutes). */
  readonly rememberMs: number;
  /** Of what one kernel said and some client has not read (8 MiB). */
  readonly maxBacklogBytes: number;
  readonly newId: () => string;
  readonly clock: () => Date;
  readonly log: SessionLog;
}

/** How a client names itself when it connects. */
export interface ChannelHello {
  readonly sessionId: string;
  /** The last message that it has got, if it says so: what follows is sent. */
  readonly lastMsgId: string | null;
}

/** One socket's way in; each is called by the socket's side. */
export interface ChannelConnection {
  /** Answers why the message was dropped, null when it was not. */
  received(message: KernelMessage): string | null;
  drained(): void;
  ponged(text: string): void;
  closed(saidGoodbye: boolean): void;
}

/** Clients that are away are few, or somebody makes them up. */
const MOST_CLIENTS = 1_000;
const PING_EVERY_MS = 50;

export class KernelChannel {
  private readonly backlog: ChannelBacklog;
  private readonly requests = new ChannelRequests();
  private readonly inbox: ChannelInbox;
  private readonly clients = new Map<BatchId, ChannelClient>();
  private readonly forgetting = new Map<BatchId, NodeJS.Timeout>();
  /** The kernel's own session id; null before it was heard. */
  private kernelSession: string | null = null;
  private welcomed: KernelMessage | null = null;
  private status: KernelStatus;
  private unwatch: (() => void) | null = null;

  constructor(private readonly options: KernelChannelOptions) {
    this.status = options.session.view().status;
    this.backlog = new ChannelBacklog({ maxBytes: options.maxBacklogBytes });
    this.inbox = new ChannelInbox({
      ...options,
      requests: this.requests,
      say: (message, to) => this.say(message, to),
      newSender: () => this.newSender(),
      knowsKernel: () => this.kernelSession !== null,
    });
  }

  /** Goes along with the session until that ends, then calls `onEnded`. */
  start(onEnded: () => void): void {
    this.unwatch = this.options.session.watch({
      heard: (message) => this.heard(message),
      kernelChanged: (status) => this.kernelChanged(status),
      queueChanged: (change) => this.queueChanged(change),
      ended: () => {
        this.stop();
        onEnded();
      },
      clientCount: () => [...this.clients.values()].filter(({ isHere }) => isHere).length,
    });
    this.restore().catch((error: unknown) => {
      this.options.log.warn({ error: messageOf(error) }, 'runs of earlier clients could not be looked up');
    });
  }

  /** Ends every connection. Can be called twice. */
  stop(): void {
    this.unwatch?.();
    this.unwatch = null;
    for (const timer of this.forgetting.values()) clearTimeout(timer);
    this.forgetting.clear();
    if (this.clients.size > 0)
      this.say(
        kernelState(() => this.newSender(), 'dead'),
        null,
      );
    for (const client of this.clients.values()) client.close(closeCodes.notFound, 'this kernel has ended');
    this.clients.clear();
  }

  connect(socket: ChannelSocket, hello: ChannelHello, doors: ClientDoors): ChannelConnection {
    const key = batchOf(hello.sessionId);
    const isNew = !this.clients.has(key);
    const client = this.clientOf(key);
    this.keep(client);
    client.attach(socket, hello.lastMsgId);
    if (isNew) this.welcome(key);
    return {
      received: (message) => this.inbox.receive(message, client.key, doors),
      drained: () => client.pump(),
      ponged: (text) => {
        client.ponged(text);
        this.forgetRead();
      },
      closed: (saidGoodbye) => {
        if (client.detach(socket, saidGoodbye)) this.forgetLater(client);
      },
    };
  }

  private heard(message: KernelMessage): void {
    this.kernelSession = message.header.session;
    if (message.header.msg_type === 'iopub_welcome') this.welcomed = message;
    const request = this.requests.observe(message);
    const to = message.channel === 'iopub' ? null : (request?.client ?? batchOf(parentSession(message)));
    this.say(message, to, this.options.session.past.wasPassedOn);
    if (request !== null) this.inbox.release();
  }

  /** A kernel that welcomes each who begins to listen is heard by the hub alone: the hub passes it on. */
  private welcome(key: BatchId): void {
    if (this.welcomed === null) return;
    const { newId } = this.options;
    this.say({ ...this.welcomed, header: { ...this.welcomed.header, msg_id: newId() } }, key);
  }

  private kernelChanged(status: KernelStatus): void {
    // They waited for the kernel's past to be told.
    for (const client of this.clients.values()) client.pump();
    if (status === this.status) return;
    this.status = status;
    if (status === 'restarting')
      this.say(
        kernelState(() => this.newSender(), 'restarting'),
        null,
      );
    if (status === 'dead' || status === 'failed')
      this.say(
        kernelState(() => this.newSender(), 'dead'),
        null,
      );
    this.inbox.kernelChanged(status);
  }

  private queueChanged(change: QueueChange): void {
    this.inbox.queueChanged(change);
  }

  private say(message: KernelMessage, to: BatchId | null, wasPassedOn = false): void {
    if (to === null ? this.clients.size === 0 : !this.clients.has(to)) return;
    this.backlog.add(message, to, wasPassedOn);
    for (const client of this.clients.values()) client.pump();
    this.forgetRead();
  }

  /** Clients of an earlier hub whose runs wait or run: they come back, and want the answers. */
  private async restore(): Promise<void> {
    const { running, queued } = await this.options.queue.snapshot(this.options.session.kernelId);
    for (const run of [...(running === null ? [] : [running]), ...queued]) {
      if (!isClientBatch(run.batchId)) continue;
      this.inbox.restore(run);
      if (!this.clients.has(run.batchId)) this.forgetLater(this.clientOf(run.batchId));
    }
  }

  private clientOf(key: BatchId): ChannelClient {
    const known = this.clients.get(key);
    if (known !== undefined) return known;
    const client = new ChannelClient({
      key,
      backlog: this.backlog,
      mayGoOn: () => this.options.session.past.isTold,
      tellHole: (hole) => holeMessage(hole, () => this.newSender()),
      pingEveryMs: PING_EVERY_MS,
      now: () => performance.now(),
    });
    this.clients.set(key, client);
    return client;
  }

  private keep({ key }: ChannelClient): void {
    clearTimeout(this.forgetting.get(key));
    this.forgetting.delete(key);
  }

  private forgetLater({ key }: ChannelClient): void {
    const timer = setTimeout(() => this.forget(key), this.options.rememberMs);
    timer.unref();
    this.forgetting.set(key, timer);
    const [longestGone] = this.forgetting.keys();
    if (this.clients.size > MOST_CLIENTS && longestGone !== undefined) this.forget(longestGone);
  }

  private forget(key: BatchId): void {
    clearTimeout(this.forgetting.get(key));
    this.forgetting.delete(key);
    this.clients.delete(key);
    this.forgetRead();
  }

  private forgetRead(): void {
    const read = [...this.clients.values()].map(({ readUpTo }) => readUpTo);
    this.backlog.forgetBefore(Math.min(this.backlog.end, ...read));
  }

  private newSender(): Sender {
    const { newId, clock } = this.options;
    const session = this.kernelSession ?? this.options.session.kernelId;
    return { msgId: newId(), session, username: 'cokernel', date: clock().toISOString() };
  }
}

function parentSession({ parent_header: parent }: KernelMessage): string {
  const session: unknown = parent['session'];
  return typeof session === 'string' ? session : '';
}
