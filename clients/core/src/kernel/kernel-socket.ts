/**
 * One WebSocket of a kernel's channels, in either of Jupyter's wire formats (the server chooses). Guarantees: `closed` is
 * told once, also when the socket never opened; after `stop()` nothing is told any more; a frame that can't be read is
 * logged and never ends the connection.
 */
import {
  KERNEL_WEBSOCKET_V1,
  decodeDefault,
  decodeV1,
  encodeDefault,
  encodeV1,
  type KernelMessage,
} from '@cokernel/proto/jupyter';

export interface KernelSocketOptions {
  /** With session and token in its query. */
  readonly url: string;
  /** Else the default format is spoken. */
  readonly offersV1: boolean;
  readonly webSocket: typeof WebSocket;
}

export interface KernelSocketListener {
  opened(): void;
  received(message: KernelMessage): void;
  closed(code: number, reason: string): void;
  log(message: string): void;
}

export class KernelSocket {
  #socket: WebSocket | null = null;
  #stopped = false;

  constructor(
    private readonly options: KernelSocketOptions,
    private readonly listener: KernelSocketListener,
  ) {}

  start(): void {
    const { url, offersV1, webSocket } = this.options;
    const socket = new webSocket(url, offersV1 ? [KERNEL_WEBSOCKET_V1] : []);
    this.#socket = socket;
    socket.binaryType = 'arraybuffer';
    socket.addEventListener('open', () => this.#tell(() => this.listener.opened()));
    socket.addEventListener('message', (event) => this.#tell(() => this.#receive(event.data)));
    // What broke is told by `close`, which follows; unheard, an error would end a Node process.
    socket.addEventListener('error', () => undefined);
    socket.addEventListener('close', ({ code, reason }) => this.#tell(() => this.listener.closed(code, reason)));
  }

  send(message: KernelMessage): void {
    this.#socket?.send(this.#speaksV1 ? encodeV1(message) : encodeDefault(message));
  }

  /** Can be called twice. */
  stop(): void {
    this.#stopped = true;
    this.#socket?.close(1000);
  }

  get #speaksV1(): boolean {
    return this.#socket?.protocol === KERNEL_WEBSOCKET_V1;
  }

  #tell(tell: () => void): void {
    if (!this.#stopped) tell();
  }

  #receive(data: unknown): void {
    const frame = data instanceof ArrayBuffer ? new Uint8Array(data) : data;
    if (frame instanceof Uint8Array) this.#decoded(this.#speaksV1 ? decodeV1(frame) : decodeDefault(frame));
    else if (typeof frame === 'string') this.#decoded(decodeDefault(frame));
    else this.listener.log(`a frame of the kernel's socket is neither text nor bytes`);
  }

  #decoded(decoded: ReturnType<typeof decodeDefault>): void {
    if (decoded.ok) this.listener.received(decoded.message);
    else this.listener.log(`a frame of the kernel's socket can't be read: ${decoded.reason}`);
  }
}
