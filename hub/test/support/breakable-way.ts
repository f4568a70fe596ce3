/** A TCP proxy to a port of this machine that a test can cut, freeze and mend, as networks do. */
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

export class BreakableWay {
  readonly #sockets = new Set<Socket>();
  #isCut = false;
  /** Connections that were let through. */
  passed = 0;

  private constructor(private readonly server: Server) {}

  static async to(port: number): Promise<BreakableWay> {
    const server = createServer();
    const way = new BreakableWay(server);
    server.on('connection', (socket) => way.#carry(socket, port));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return way;
  }

  get url(): string {
    const { port } = this.server.address() as AddressInfo;
    return `http://127.0.0.1:${port}/`;
  }

  /** Breaks every connection, and each new one, until it is mended. */
  cut(): void {
    this.#isCut = true;
    this.breakOnce();
  }

  /** Breaks every connection; new ones are let through. */
  breakOnce(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  /** Nothing comes through any more, and nobody is told: as when a cable is pulled. */
  freeze(): void {
    for (const socket of this.#sockets) socket.pause().unpipe();
  }

  mend(): void {
    this.#isCut = false;
  }

  async close(): Promise<void> {
    this.breakOnce();
    await new Promise((resolve) => this.server.close(resolve));
  }

  #carry(socket: Socket, port: number): void {
    if (this.#isCut) {
      socket.destroy();
      return;
    }
    this.passed += 1;
    const onward = connect(port, '127.0.0.1');
    for (const [from, to] of [
      [socket, onward],
      [onward, socket],
    ] as const) {
      this.#sockets.add(from);
      from.pipe(to);
      from.on('error', () => to.destroy());
      from.on('close', () => {
        this.#sockets.delete(from);
        to.destroy();
      });
    }
  }
}
