/** A remote engine that answers as a test says: for what no real engine can be brought to do. It has one kernel, `k`. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { streamMessage, statusMessage, type KernelMessage } from '@cokernel/proto/jupyter';
import { buildMessage, decodeDefault, decodeV1, encodeDefault, encodeV1 } from '@cokernel/proto/jupyter';
import { KERNEL_WEBSOCKET_V1 } from '@cokernel/proto/jupyter';
import { WebSocketServer, type WebSocket } from 'ws';

/** `hang`: never answered. */
export type ScriptedAnswer = { readonly status: number; readonly body?: string; readonly location?: string } | 'hang';

const json = (status: number, value: unknown): ScriptedAnswer => ({ status, body: JSON.stringify(value) });
const spec = { argv: ['python'], display_name: 'Python', language: 'python' };

export class ScriptedEngine {
  /** By `METHOD /path`; the base path is left out. */
  readonly answers = new Map<string, ScriptedAnswer>([
    ['GET /api/kernelspecs', json(200, { default: 'python3', kernelspecs: { python3: { name: 'python3', spec } } })],
    ['POST /api/kernels', json(201, { id: 'k', name: 'python3', execution_state: 'starting' })],
    ['GET /api/kernels/k', json(200, { id: 'k', name: 'python3', execution_state: 'idle' })],
    ['DELETE /api/kernels/k', { status: 204 }],
  ]);
  /** What was asked for, and the token that came with it. */
  readonly asked: { readonly what: string; readonly authorization: string | undefined }[] = [];
  /** Whether each WebSocket so far speaks v1. */
  readonly protocols: string[] = [];
  readonly heard: KernelMessage[] = [];
  #socket: WebSocket | null = null;

  private constructor(
    private readonly server: Server,
    private readonly sockets: WebSocketServer,
    private readonly basePath: string,
  ) {}

  static async start(options: { readonly hasV1: boolean; readonly basePath?: string }): Promise<ScriptedEngine> {
    const server = createServer();
    const handleProtocols = (): string | false => (options.hasV1 ? KERNEL_WEBSOCKET_V1 : false);
    const sockets = new WebSocketServer({ server, handleProtocols });
    const engine = new ScriptedEngine(server, sockets, options.basePath ?? '');
    server.on('request', (request, response) => engine.#answer(request, response));
    sockets.on('connection', (socket, request) => engine.#connected(socket, request));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return engine;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}${this.basePath}`;
  }

  /** Sends a frame as it is. */
  frame(frame: string | Uint8Array): void {
    this.#socket?.send(frame);
  }

  say(message: KernelMessage): void {
    this.frame(this.#socket?.protocol === KERNEL_WEBSOCKET_V1 ? encodeV1(message) : encodeDefault(message));
  }

  print(requestId: string, text: string): void {
    this.say(streamMessage(answerTo(requestId), 'stdout', text));
  }

  get clients(): readonly WebSocket[] {
    return [...this.sockets.clients];
  }

  async stop(): Promise<void> {
    for (const socket of this.sockets.clients) socket.terminate();
    this.sockets.close();
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    const path = (request.url ?? '').slice(this.basePath.length);
    const what = `${request.method ?? ''} ${path}`;
    this.asked.push({ what, authorization: request.headers.authorization });
    const answer = this.answers.get(what) ?? json(404, { message: 'Not found' });
    if (answer === 'hang') return;
    const { status, body = '', location } = answer;
    response.writeHead(status, location === undefined ? {} : { location }).end(body);
  }

  #connected(socket: WebSocket, request: IncomingMessage): void {
    this.#socket = socket;
    this.asked.push({ what: `SOCKET ${request.url ?? ''}`, authorization: request.headers.authorization });
    this.protocols.push(socket.protocol);
    socket.on('message', (data: Buffer, isBinary) => {
      const decoded = isBinary ? decodeV1(data) : decodeDefault(data.toString());
      if (!decoded.ok) throw new Error(`the hub sent what is no message: ${decoded.reason}`);
      this.heard.push(decoded.message);
      if (decoded.message.header.msg_type === 'kernel_info_request') this.#introduce(decoded.message);
    });
  }

  #introduce({ header }: KernelMessage): void {
    const content = {
      status: 'ok',
      protocol_version: '5.4',
      language_info: { name: 'python' },
      implementation: 'fake',
    };
    this.say(
      buildMessage(answerTo(header.msg_id, header.session), {
        channel: 'shell',
        msgType: 'kernel_info_reply',
        content,
        parent: answerTo(header.msg_id, header.session).parent,
      }),
    );
    this.say(statusMessage(answerTo(header.msg_id, header.session), 'idle'));
  }
}

let count = 0;

function answerTo(requestId: string, session = 's') {
  count += 1;
  const sender = { msgId: `m${count}`, session, username: 'kernel', date: '2026-01-01T00:00:00.000Z' };
  const request = buildMessage({ ...sender, msgId: requestId }, { channel: 'shell', msgType: 'x', content: {} });
  return { ...sender, parent: request.header };
}
