/** A stock Jupyter client on a kernel's channels, as small as it can be: it sends requests and keeps what it is sent. */
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { WebSocket } from 'ws';
import type { Channel, KernelMessage } from '@cokernel/proto/jupyter';
import {
  KERNEL_WEBSOCKET_V1,
  buildMessage,
  decodeDefault,
  decodeV1,
  encodeDefault,
  encodeV1,
  isChildMessage,
  parentId,
} from '@cokernel/proto/jupyter';
import type { TestHub } from './test-hub.js';
import { TOKEN } from './test-hub.js';
import { waitUntil } from './wait-until.js';

export interface ClientTraits {
  readonly sessionId?: string;
  readonly protocol?: 'v1' | 'default';
  readonly lastMsgId?: string;
  readonly username?: string;
}

export interface RequestTraits {
  readonly channel?: Channel;
  readonly msgId?: string;
  readonly parent?: KernelMessage;
  readonly header?: Readonly<Record<string, unknown>>;
  readonly buffers?: readonly Uint8Array[];
}

type Content = Readonly<Record<string, unknown>>;

export class ChannelProgram {
  readonly messages: KernelMessage[] = [];
  closed: { readonly code: number; readonly reason: string } | null = null;

  private constructor(
    readonly socket: WebSocket,
    readonly sessionId: string,
    private readonly protocol: 'v1' | 'default',
    private readonly username: string,
  ) {
    socket.on('message', (data: Buffer, isBinary: boolean) => this.received(data, isBinary));
    socket.on('close', (code, reason) => {
      this.closed = { code, reason: reason.toString() };
    });
  }

  static async connect(hub: TestHub, kernelId: string, traits: ClientTraits = {}): Promise<ChannelProgram> {
    const { sessionId = randomUUID(), protocol = 'v1', username = 'ann' } = traits;
    const query = new URLSearchParams({ session_id: sessionId, token: TOKEN });
    if (traits.lastMsgId !== undefined) query.set('last_msg_id', traits.lastMsgId);
    const address = `${hub.url.replace('http', 'ws')}/api/kernels/${kernelId}/channels?${query.toString()}`;
    const socket = new WebSocket(address, protocol === 'v1' ? [KERNEL_WEBSOCKET_V1] : []);
    const program = new ChannelProgram(socket, sessionId, protocol, username);
    await once(socket, 'open');
    return program;
  }

  send(message: KernelMessage): void {
    this.socket.send(this.protocol === 'v1' ? encodeV1(message) : encodeDefault(message));
  }

  /** Sends a request and answers it as it was sent. */
  request(msgType: string, content: Content = {}, traits: RequestTraits = {}): KernelMessage {
    const { channel = 'shell', msgId = randomUUID(), parent, buffers = [] } = traits;
    const sender = { msgId, session: this.sessionId, username: this.username, date: new Date().toISOString() };
    const parentHeader = parent === undefined ? {} : { parent: parent.header };
    const built = buildMessage(sender, { channel, msgType, content, buffers, ...parentHeader });
    const message = { ...built, header: { ...built.header, ...traits.header } };
    this.send(message);
    return message;
  }

  execute(code: string, content: Content = {}, traits: RequestTraits = {}): KernelMessage {
    const whole = { code, silent: false, store_history: true, user_expressions: {}, allow_stdin: true, ...content };
    return this.request('execute_request', { stop_on_error: true, ...whole }, traits);
  }

  /** Waits for reply and idle; answers the reply. */
  async answered(request: KernelMessage): Promise<KernelMessage> {
    const isOver = (): boolean => this.replyTo(request) !== undefined && this.isIdle(request);
    await waitUntil(`a ${request.header.msg_type} is answered`, isOver);
    const reply = this.replyTo(request);
    if (reply === undefined) throw new Error('no reply');
    return reply;
  }

  ask(msgType: string, content: Content = {}, traits: RequestTraits = {}): Promise<KernelMessage> {
    return this.answered(this.request(msgType, content, traits));
  }

  run(code: string, content: Content = {}, traits: RequestTraits = {}): Promise<KernelMessage> {
    return this.answered(this.execute(code, content, traits));
  }

  /** All that belongs to a request, in order. */
  childrenOf(request: KernelMessage): KernelMessage[] {
    return this.messages.filter((message) => isChildMessage(request, message));
  }

  typesOf(request: KernelMessage): string[] {
    return this.childrenOf(request).map(({ header, content }) => {
      return header.msg_type === 'status' ? String(content['execution_state']) : header.msg_type;
    });
  }

  ofType(msgType: string): KernelMessage[] {
    return this.messages.filter(({ header }) => header.msg_type === msgType);
  }

  /** What the kernel printed, whoever asked. */
  printed(): string {
    return this.ofType('stream')
      .map(({ content }) => String(content['text']))
      .join('');
  }

  async heard(msgType: string): Promise<KernelMessage> {
    await waitUntil(`a ${msgType} comes`, () => this.ofType(msgType).length > 0);
    const [first] = this.ofType(msgType);
    if (first === undefined) throw new Error('nothing came');
    return first;
  }

  async isClosed(): Promise<{ readonly code: number; readonly reason: string }> {
    await waitUntil('the hub closes the socket', () => this.closed !== null);
    return this.closed ?? { code: 0, reason: '' };
  }

  /** As a program that ends well. */
  async leave(): Promise<void> {
    this.socket.close(1000);
    await this.isClosed();
  }

  private replyTo(request: KernelMessage): KernelMessage | undefined {
    const isReply = ({ channel, header }: KernelMessage): boolean =>
      channel === request.channel && header.msg_type.endsWith('_reply');
    return this.childrenOf(request).find(isReply);
  }

  private isIdle(request: KernelMessage): boolean {
    return this.messages.some(
      (message) => message.content['execution_state'] === 'idle' && parentId(message) === request.header.msg_id,
    );
  }

  private received(data: Buffer, isBinary: boolean): void {
    const decoded = this.protocol === 'v1' ? decodeV1(data) : decodeDefault(isBinary ? data : data.toString('utf8'));
    if (!decoded.ok) throw new Error(`the hub sent a frame that is ${decoded.reason}`);
    this.messages.push(decoded.message);
  }
}
