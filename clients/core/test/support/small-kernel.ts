/**
 * A Jupyter server of one kernel and of the few rules that a kernel's connection depends on, so that a test can say and do
 * what a real one does only when something is wrong: close with any code, answer with any status, send what can't be read.
 */
import { createServer } from 'node:http';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  KERNEL_WEBSOCKET_V1,
  decodeDefault,
  decodeV1,
  encodeDefault,
  encodeV1,
  executeReply,
  type KernelMessage,
} from '@cokernel/proto/jupyter';
import { type WebSocket, WebSocketServer } from 'ws';

export class SmallKernel {
  readonly #server: Server = createServer((request, response) => {
    this.requests.push(`${request.method ?? ''} ${request.url ?? ''}`);
    const model = { id: 'k', name: 'python3', last_activity: '', execution_state: 'idle', connections: 0 };
    response.writeHead(this.status, { 'Content-Type': 'application/json' });
    response.end(JSON.stringify(this.status < 400 ? model : { message: 'not now', reason: null }));
  });
  readonly #sockets: WebSocketServer;
  #port = 0;
  /** Of every REST answer. */
  status = 200;
  /** Upgrades are refused. */
  closedDoor = false;
  readonly requests: string[] = [];
  readonly upgrades: string[] = [];
  readonly received: KernelMessage[] = [];
  readonly sockets: WebSocket[] = [];

  constructor(private readonly protocol: 'v1' | 'default') {
    const handleProtocols = (offered: Set<string>): string | false =>
      protocol === 'v1' && offered.has(KERNEL_WEBSOCKET_V1) ? KERNEL_WEBSOCKET_V1 : false;
    this.#sockets = new WebSocketServer({ noServer: true, handleProtocols });
    this.#server.on('upgrade', (request, socket, head) => {
      this.upgrades.push(request.url ?? '');
      if (this.closedDoor) socket.destroy();
      else this.#sockets.handleUpgrade(request, socket, head, (opened) => this.#opened(opened));
    });
  }

  get url(): string {
    return `http://127.0.0.1:${String(this.#port)}`;
  }

  /** A second time: on the same port. */
  async start(): Promise<void> {
    await new Promise<void>((resolve) => this.#server.listen(this.#port, '127.0.0.1', resolve));
    this.#port = (this.#server.address() as AddressInfo).port;
  }

  async stop(): Promise<void> {
    for (const socket of this.sockets) socket.terminate();
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  tell(message: KernelMessage): void {
    this.sockets.at(-1)?.send(this.protocol === 'v1' ? encodeV1(message) : encodeDefault(message));
  }

  tellRaw(frame: string | Uint8Array): void {
    this.sockets.at(-1)?.send(frame);
  }

  /** Answers an execute_request. */
  reply(request: KernelMessage, msgId: string): void {
    const answer = { msgId, session: 'kernel', username: 'kernel', date: '', parent: request.header };
    this.tell(executeReply(answer, { status: 'ok', executionCount: 1 }));
  }

  #opened(socket: WebSocket): void {
    this.sockets.push(socket);
    socket.on('message', (data: Buffer, isBinary: boolean) => {
      const frame = isBinary ? new Uint8Array(data) : data.toString();
      const decoded = this.protocol === 'v1' ? decodeV1(new Uint8Array(data)) : decodeDefault(frame);
      if (decoded.ok) this.received.push(decoded.message);
    });
  }
}
