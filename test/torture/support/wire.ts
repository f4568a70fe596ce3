/**
 * A client's way to the hub, or to the first of several that accepts, as a proxy leads it. It can be cut as when a laptop
 * sleeps: what is open breaks, and nothing new opens.
 */
import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';

export class Wire {
  private isCut = false;
  private readonly open = new Set<Socket>();

  private constructor(
    private readonly server: Server,
    readonly port: number,
  ) {}

  /** To the first of these ports of this machine that accepts. */
  static async to(...hubPorts: readonly number[]): Promise<Wire> {
    const server = createServer();
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    if (address === null || typeof address === 'string') throw new Error('a wire has no port');
    const wire = new Wire(server, address.port);
    server.on('connection', (near) => {
      // Who hung up meanwhile is told by the far end's close.
      near.on('error', () => undefined);
      wire.lead(near, hubPorts);
    });
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

  private lead(near: Socket, [port, ...others]: readonly number[]): void {
    if (this.isCut || port === undefined) {
      near.destroy();
      return;
    }
    const far = connect(port, '127.0.0.1');
    const next = (): void => this.lead(near, others);
    far.once('error', next);
    far.once('connect', () => {
      far.off('error', next);
      this.join(near, far);
    });
  }

  private join(near: Socket, far: Socket): void {
    for (const [one, other] of [
      [near, far],
      [far, near],
    ] as const) {
      this.open.add(one);
      // A hub that was killed resets; both ends go then.
      one.on('error', () => undefined);
      one.once('close', () => {
        this.open.delete(one);
        other.destroy();
      });
      one.pipe(other);
    }
    if (this.isCut || near.destroyed) far.destroy();
  }
}
