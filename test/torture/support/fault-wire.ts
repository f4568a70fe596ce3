/**
 * The way of one hub to Redis, which a test can cut in three manners: `reset` (what is open breaks and nothing new opens),
 * `late` (nothing passes, and all of it arrives when the way is mended), `lost` (nothing passes and nothing arrives; what
 * was open breaks when it is mended).
 */
import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';

export const cutManners = ['reset', 'late', 'lost'] as const;
export type CutManner = (typeof cutManners)[number];

/** Bytes of one direction of one connection. */
interface Pipe {
  readonly to: Socket;
  readonly waiting: Buffer[];
}

export class FaultWire {
  private manner: CutManner | null = null;
  private readonly pipes = new Map<Socket, Pipe>();

  private constructor(
    private readonly server: Server,
    readonly port: number,
  ) {}

  /** To a port of this machine. */
  static async to(farPort: number): Promise<FaultWire> {
    const server = createServer();
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    if (address === null || typeof address === 'string') throw new Error('a wire has no port');
    const wire = new FaultWire(server, address.port);
    server.on('connection', (near) => wire.join(near, farPort));
    return wire;
  }

  cut(manner: CutManner): void {
    this.manner = manner;
    if (manner === 'reset') this.breakAll();
  }

  mend(): void {
    const { manner } = this;
    this.manner = null;
    if (manner === 'lost') this.breakAll();
    for (const { to, waiting } of this.pipes.values()) for (const bytes of waiting.splice(0)) to.write(bytes);
  }

  /** Can be called twice. */
  async end(): Promise<void> {
    this.manner = 'reset';
    for (const socket of this.pipes.keys()) socket.destroy();
    if (!this.server.listening) return;
    this.server.close();
    await once(this.server, 'close');
  }

  private breakAll(): void {
    for (const socket of this.pipes.keys()) breakNow(socket);
  }

  private join(near: Socket, farPort: number): void {
    if (this.manner === 'reset') {
      near.resetAndDestroy();
      return;
    }
    const far = connect(farPort, '127.0.0.1');
    for (const [one, other] of [
      [near, far],
      [far, near],
    ] as const) {
      this.pipes.set(one, { to: other, waiting: [] });
      one.setNoDelay();
      one.on('data', (bytes: Buffer) => this.pass(one, bytes));
      one.on('error', () => undefined);
      one.once('close', () => {
        this.pipes.delete(one);
        other.destroy();
      });
    }
  }

  private pass(from: Socket, bytes: Buffer): void {
    const pipe = this.pipes.get(from);
    if (this.manner === null) pipe?.to.write(bytes);
    else if (this.manner === 'late') pipe?.waiting.push(bytes);
  }
}

/** Node 20 never exits by itself once a socket was reset in the middle of a request of its own. */
function breakNow(socket: Socket): void {
  if (socket.connecting || socket.writableLength > 0) socket.destroy();
  else socket.resetAndDestroy();
}
