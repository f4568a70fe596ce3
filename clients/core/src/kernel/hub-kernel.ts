/**
 * The kernel that `connectKernel` gives: hands what comes to the streams, frozen, and what is sent to the connection.
 * Guarantees: a message that is refused ends nothing; the connection is closed once, by whichever of its streams is the
 * last; after that every stream has completed and no request waits.
 */
import { interruptRequest, isChannel, isChildMessage, shutdownRequest } from '@cokernel/proto/jupyter';
import type { Channel, KernelMessage, Sender } from '@cokernel/proto/jupyter';
import { uuidv4 } from 'lib0/random';
import { ReplaySubject, filter, firstValueFrom, type Observable } from 'rxjs';
import { HubError } from '../hub-error.js';
import { kernelPath } from '../kernel-path.js';
import { pause } from '../pause.js';
import { freezeMessage } from './freeze-message.js';
import { KernelConnection, type KernelConnectionOptions } from './kernel-connection.js';
import { KernelStream } from './kernel-stream.js';
import { MessageRefused, type Kernel, type KernelConnectionState } from './kernel.js';

export interface HubKernelOptions extends KernelConnectionOptions {
  readonly username: string;
}

/** A kernel that does not answer a shutdown by itself is ended by its hub; the protocol's own patience is as long. */
const SHUTDOWN_REPLY_MS = 5000;

export class HubKernel implements Kernel {
  readonly kernelId;
  readonly session;
  readonly username;
  readonly messages$: KernelStream;
  readonly shell$: KernelStream;
  readonly control$: KernelStream;
  readonly stdin$: KernelStream;
  readonly iopub$: KernelStream;
  readonly #channels: Readonly<Record<Channel, KernelStream>>;
  readonly #state = new ReplaySubject<KernelConnectionState>(1);
  readonly #connection: KernelConnection;

  constructor(private readonly options: HubKernelOptions) {
    this.kernelId = options.kernelId;
    this.session = options.session;
    this.username = options.username;
    this.shell$ = this.#channelStream('shell');
    this.control$ = this.#channelStream('control');
    this.stdin$ = this.#channelStream('stdin');
    this.iopub$ = this.#channelStream('iopub');
    this.#channels = { shell: this.shell$, control: this.control$, stdin: this.stdin$, iopub: this.iopub$ };
    this.messages$ = this.#stream(
      (message) => this.send(message),
      () => this.close(),
    );
    this.#connection = new KernelConnection(options, {
      connected: () => this.#state.next({ state: 'connected' }),
      disconnected: (reason) => this.#state.next({ state: 'disconnected', reason }),
      ended: (reason) => this.#ended(reason),
      received: (message) => this.#receive(freezeMessage(message)),
    });
  }

  get connection$(): Observable<KernelConnectionState> {
    return this.#state.asObservable();
  }

  /** Rejects with HubError when there is no such kernel or no way to it. */
  start(): Promise<void> {
    return this.#connection.start();
  }

  sender(): Sender {
    return { msgId: uuidv4(), session: this.session, username: this.username, date: new Date().toISOString() };
  }

  send(message: KernelMessage): void {
    const refused = this.#whyRefused(message);
    if (refused !== null) throw refused;
    this.#connection.send(message);
  }

  async request(message: KernelMessage): Promise<KernelMessage> {
    const isReply = (one: KernelMessage): boolean =>
      one.channel === message.channel && one.header.msg_type.endsWith('_reply') && isChildMessage(message, one);
    this.send(message);
    const reply = await firstValueFrom(this.messages$.pipe(filter(isReply)), { defaultValue: null });
    if (reply !== null) return reply;
    throw new MessageRefused('ended', `the connection ended before the ${message.header.msg_type} was answered`);
  }

  async interrupt(): Promise<void> {
    await this.request(interruptRequest(this.sender()));
  }

  async restart(): Promise<void> {
    await this.options.rest.send({ method: 'POST', path: `${kernelPath(this.kernelId)}/restart` });
  }

  async shutdown(): Promise<void> {
    await this.#askToLeave();
    await this.#remove();
    this.close();
  }

  close(): void {
    this.#connection.stop();
  }

  /** Resolves when the kernel has answered, its connection has ended, or time is up. */
  async #askToLeave(): Promise<void> {
    const answered = new AbortController();
    const reply = this.request(shutdownRequest(this.sender())).catch((error: unknown) => {
      // A hub may end the connection with the kernel, before the reply.
      if (!(error instanceof MessageRefused)) throw error;
    });
    await Promise.race([reply, pause(SHUTDOWN_REPLY_MS, answered.signal)]);
    answered.abort();
  }

  /** A Jupyter Server starts a kernel anew that leaves by itself, until it is told that this one is not wanted. */
  async #remove(): Promise<void> {
    try {
      await this.options.rest.send({ method: 'DELETE', path: kernelPath(this.kernelId) });
    } catch (error) {
      if (!(error instanceof HubError && error.status === 404)) throw error;
    }
  }

  #whyRefused({ channel, header }: KernelMessage): MessageRefused | null {
    if (!isChannel(channel) || channel === 'iopub')
      return new MessageRefused('unknownChannel', `${header.msg_type} can't be sent on '${channel}'`);
    if (this.messages$.completed) return new MessageRefused('ended', 'the connection to the kernel has ended');
    if (this.#channels[channel].completed) return new MessageRefused('channelClosed', `${channel} was completed`);
    return null;
  }

  #receive(message: KernelMessage): void {
    this.messages$.receive(message);
    this.#channels[message.channel].receive(message);
  }

  #ended(reason: string | null): void {
    for (const stream of [this.messages$, ...Object.values(this.#channels)]) stream.complete();
    this.#state.next({ state: 'ended', reason });
    this.#state.complete();
  }

  #channelStream(channel: Channel): KernelStream {
    const send = (message: KernelMessage): void => {
      if (message.channel === channel) return this.send(message);
      throw new MessageRefused('unknownChannel', `a message for ${message.channel} can't be sent by ${channel}`);
    };
    return this.#stream(send, () => {
      if (Object.values(this.#channels).every((stream) => stream.completed)) this.close();
    });
  }

  #stream(send: (message: KernelMessage) => void, onComplete: () => void): KernelStream {
    return new KernelStream({ send, onComplete, log: this.options.log });
  }
}
