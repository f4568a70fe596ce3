/**
 * One kernel of a remote engine, as this hub sees it: its state, its feed, and the commands to it. The engine replaces
 * a process that died, and other people may restart it there: both are told as `restarting`, and `ready` only when the
 * new process answers (J9). After a broken connection a gap is told; a request that it cut off is told to be over by
 * `ready`, once the kernel has answered a later one.
 */
import { randomUUID } from 'node:crypto';
import type { KernelMessage } from '@cokernel/proto/jupyter';
import { messageOf } from '../errors.js';
import { GatewayAnswering, type GatewayAnsweringTimes } from './gateway-answering.js';
import { GatewayFeed, type GatewayListener } from './gateway-feed.js';
import type { GatewayKernelEntry } from './gateway-kernel-file.js';
import { GatewayLink, type GatewayLinkEnd, type GatewayLinkTimes } from './gateway-link.js';
import { GatewayRequests } from './gateway-requests.js';
import type { GatewayRest } from './gateway-rest.js';
import {
  KernelHostError,
  type AttachOptions,
  type HostedKernel,
  type HostedKernelState,
  type KernelInfo,
} from './kernel-host.js';
import type { Log } from './log.js';

export type GatewayKernelTimes = GatewayLinkTimes & GatewayAnsweringTimes;

export interface GatewayKernelOptions {
  readonly entry: GatewayKernelEntry;
  readonly rest: GatewayRest;
  readonly times: GatewayKernelTimes;
  /** It was started just now. Else it may be in the middle of a run, and takes as long as that to answer. */
  readonly isNew: boolean;
  /** Called once; `died` was told. */
  readonly onDead: () => Promise<void>;
  readonly now: () => number;
  readonly log: Log;
}

export class GatewayKernel {
  readonly #feed: GatewayFeed;
  readonly #answering: GatewayAnswering;
  readonly #requests = new GatewayRequests();
  /** Of this adapter's own requests, whose answers are for nobody else, and of its WebSocket. */
  readonly #session = randomUUID();
  #state: HostedKernelState = 'starting';
  #kernelInfo: KernelInfo | null = null;
  #link: GatewayLink | null = null;
  /** A restart that we asked for is under way at the engine: the former process must not be asked. */
  #isRestarting = false;
  #lastStep: Promise<unknown> = Promise.resolve();
  #forgotten: Promise<void> = Promise.resolve();

  constructor(private readonly options: GatewayKernelOptions) {
    const { times, log } = options;
    this.#feed = new GatewayFeed(log);
    this.#answering = new GatewayAnswering({
      ...{ times, log, session: this.#session },
      send: async (request) => this.#link?.send(request),
      onAnswer: (kernelInfo) => this.#answered(kernelInfo),
      onLate: (reason) => this.#giveUp(reason),
      wantsUsage: () => this.#feed.wantsUsage,
      onUsage: (usage) => this.#feed.tell({ type: 'usage', ...usage }),
    });
  }

  get facts(): HostedKernel {
    const { kernelId, specName, labels } = this.options.entry;
    const { lastSeq, journalId } = this.#feed;
    const known = { knowsAllRequests: false, origin: 'started' } as const;
    return {
      kernelId,
      specName,
      labels,
      state: this.#state,
      lastSeq,
      journalId,
      ...known,
      kernelInfo: this.#kernelInfo,
    };
  }

  attach(listener: GatewayListener, options: AttachOptions): void {
    const wasLeft = this.#link === null && this.#feed.lastSeq > 0;
    if (wasLeft) this.#feed.lose('nobody listened to the kernel for a while');
    this.#feed.add(listener, options);
    this.#link ??= this.#openLink();
  }

  /** The connection is closed with the last listener. */
  detach(listener: GatewayListener): void {
    this.#feed.remove(listener);
    if (!this.#feed.hasListeners) this.leave();
  }

  /** Leaves the kernel as it is, and its listeners without a word. Can be called twice. */
  leave(): void {
    this.#closeLink(new KernelHostError('unreachable', 'this hub left the kernel'));
    this.#feed.removeAll();
  }

  /** An execute_request waits until the kernel answers on this connection: before that, output is dropped on the way. */
  async send(message: KernelMessage): Promise<void> {
    const link = this.#liveLink();
    const { msg_id, msg_type } = message.header;
    if (message.channel === 'iopub') throw new KernelHostError('badRequest', 'only the kernel speaks on iopub');
    if (msg_type === 'execute_request') {
      await this.#answering.whenAnswering();
      if (!this.#requests.markSent(msg_id)) {
        throw new KernelHostError('alreadySent', `the execute_request ${msg_id} was sent before`);
      }
      this.#feed.say((seq) => ({ type: 'sent', seq, msgId: msg_id }));
    }
    await link.send(message);
  }

  async interrupt(msgId?: string): Promise<void> {
    if (msgId !== undefined && !this.#requests.mayInterrupt(msgId)) return;
    await this.options.rest.interrupt(this.options.entry.remoteId);
  }

  /** Resolves when ready; rejects with `launchFailed` when it won't be. */
  restart(): Promise<void> {
    return this.#step(async () => {
      this.#liveLink();
      this.#isRestarting = true;
      this.#processEnded('it was restarted');
      await this.options.rest.restart(this.options.entry.remoteId).catch((error: unknown) => {
        this.#giveUp(`it could not be restarted: ${messageOf(error)}`);
        throw new KernelHostError('launchFailed', messageOf(error));
      });
      this.#isRestarting = false;
      this.#expectProcess();
      await this.#answering.whenAnswering();
    });
  }

  shutdown(): Promise<void> {
    return this.#step(async () => {
      await this.options.rest.shutdown(this.options.entry.remoteId);
      this.died('it was shut down');
      await this.#forgotten;
    });
  }

  /** The engine has it no more, or it is of no use. Can be called twice. */
  died(reason: string): void {
    if (this.#state === 'dead') return;
    this.#state = 'dead';
    this.#feed.say((seq) => ({ type: 'died', seq, reason, stderr: '' }));
    this.#feed.removeAll();
    this.#closeLink(new KernelHostError('noSuchKernel', `the kernel has ended: ${reason}`));
    this.#forgotten = this.options.onDead().catch((error: unknown) => {
      this.options.log('error', 'a kernel was not forgotten', { reason: messageOf(error) });
    });
  }

  /** One restart or end at a time, in the order asked for. */
  #step(work: () => Promise<void>): Promise<void> {
    const step = this.#lastStep.then(work);
    this.#lastStep = step.catch(() => undefined);
    return step;
  }

  #openLink(): GatewayLink {
    const { entry, rest, times, now, log } = this.options;
    const link = new GatewayLink({
      ...{ rest, times, now, log, remoteId: entry.remoteId, sessionId: this.#session },
      onOpen: (brokenBy) => this.#opened(brokenBy),
      onBroken: () => this.#answering.pause(),
      onMessage: (message) => this.#heard(message),
      onBeat: (beating, sinceMs) => this.#feed.tell({ type: 'heartbeat', beating, sinceMs }),
      onEnd: (end) => this.#linkEnded(end),
    });
    if (this.#isNewProcess) this.#answering.limit();
    link.start();
    return link;
  }

  get #isNewProcess(): boolean {
    return this.#state === 'restarting' || (this.#state === 'starting' && this.options.isNew);
  }

  #liveLink(): GatewayLink {
    if (this.#state === 'dead') throw new KernelHostError('noSuchKernel', 'the kernel has ended');
    if (this.#link === null) throw new KernelHostError('unreachable', 'nobody is attached to the kernel');
    return this.#link;
  }

  #opened(brokenBy: string | null): void {
    if (brokenBy !== null) this.#feed.lose(`the connection to the remote engine was broken: ${brokenBy}`);
    if (!this.#isRestarting) this.#answering.ask(this.#isNewProcess);
  }

  #answered(kernelInfo: KernelInfo): void {
    this.#kernelInfo = kernelInfo;
    if (this.#state === 'ready' && !this.#requests.hasOpen) return;
    this.#state = 'ready';
    this.#requests.closeAll();
    this.#feed.say((seq) => ({ type: 'ready', seq, kernelInfo }));
  }

  #heard(message: KernelMessage): void {
    if (this.#answering.takes(message) || this.#engineSays(message)) return;
    this.#requests.observe(message);
    this.#feed.say((seq) => ({ type: 'message', seq, message }));
    if (this.#state === 'ready' && isOfNewProcess(message)) this.#replaced('it was restarted at the remote engine');
  }

  /** Statuses that the engine makes itself, and not the kernel: they are told as events. */
  #engineSays({ channel, header, content }: KernelMessage): boolean {
    if (channel !== 'iopub' || header.msg_type !== 'status') return false;
    const state = content['execution_state'];
    if (state === 'restarting') this.#replaced('it died, and the remote engine starts it anew');
    if (state === 'dead') this.died('it died, and the remote engine could not start it again');
    return state === 'restarting' || state === 'dead';
  }

  #replaced(reason: string): void {
    if (this.#state === 'restarting') return;
    this.#processEnded(reason);
    this.#expectProcess();
  }

  #processEnded(reason: string): void {
    this.#answering.pause();
    this.#state = 'restarting';
    this.#requests.closeAll();
    this.#feed.say((seq) => ({ type: 'restarting', seq, reason }));
  }

  #expectProcess(): void {
    this.#answering.limit();
    this.#answering.ask(true);
  }

  /** What is of no use to anybody must not go on at somebody's cost. */
  #giveUp(reason: string): void {
    if (this.#state === 'dead') return;
    const { rest, entry, log } = this.options;
    this.died(reason);
    rest.shutdown(entry.remoteId).catch((error: unknown) => {
      log('warn', 'a remote kernel may go on running', { kernel: entry.remoteId, reason: messageOf(error) });
    });
  }

  #linkEnded(end: GatewayLinkEnd): void {
    if (end.end === 'kernelGone')
      return this.died('the remote engine has it no more: it ended there, or the engine did');
    this.#feed.tell({ type: 'detached', reason: end.reason });
    this.leave();
  }

  #closeLink(why: KernelHostError): void {
    this.#link?.stop();
    this.#link = null;
    this.#answering.end(why);
  }
}

/** The last word of a process that makes room for another, or the first of that other. */
function isOfNewProcess({ channel, header, content }: KernelMessage): boolean {
  if (channel !== 'iopub') return false;
  if (header.msg_type === 'shutdown_reply') return content['restart'] === true;
  return header.msg_type === 'status' && content['execution_state'] === 'starting';
}
