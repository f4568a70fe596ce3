/** A client's way to the hub, which can be cut as when a laptop sleeps: what is open breaks, and nothing new opens. */
import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';

export class Wire {
  private isCut = false;
  private readonly open = new Set<Socket>();

  private constructor(
    private readonly server: Server,
    readonly port: number,
  ) {}

  /** To a port of this machine. */
  static async to(hubPort: number): Promise<Wire> {
    const server = createServer();
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    if (address === null || typeof address === 'string') throw new Error('a wire has no port');
    const wire = new Wire(server, address.port);
    server.on('connection', (socket) => wire.join(socket, hubPort));
    return wire;
  }

  cut(): void {
    this.isCut = true;
    for (const socket of this.open) socket.destroy();
  }

  mend(): void {
    this.isCut = false;
  }

  /** Can be called twice. */
  async end(): Promise<void> {
    this.cut();
    if (!this.server.listening) return;
    this.server.close();
    await once(this.server, 'close');
  }

  private join(near: Socket, hubPort: number): void {
    if (this.isCut) {
      near.destroy();
      return;
    }
    const far = connect(hubPort, '127.0.0.1');
    for (const [one, other] of [
      [near, far],
      [far, near],
    ] as const) {
      this.open.add(one);
      one.pipe(other);
      // A hub that was killed resets; both ends go then.
      one.on('error', () => undefined);
      one.once('close', () => {
        this.open.delete(one);
        other.destroy();
      });
    }
  }
}
