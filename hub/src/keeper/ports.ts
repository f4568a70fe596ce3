/**
 * Free TCP ports for a kernel's five sockets. The kernel binds them itself a moment later, so that they must stay
 * free until then: they are chosen below the range from which systems take the ports of outgoing connections, all
 * are held at once while they are tried, and no two kernels of this keeper are given the same one.
 */
import { createServer, type Server } from 'node:net';
import { randomInt } from 'node:crypto';

const FIRST_PORT = 10_240;
/** Linux gives outgoing connections 32768 and up, macOS 49152 and up. */
const END_PORT = 32_768;
const MAX_TRIES = 200;

export class PortPool {
  readonly #given = new Set<number>();

  /** Rejects when the machine has hardly any free port. */
  async take(count: number, host: string): Promise<number[]> {
    const held = new Map<number, Server>();
    try {
      for (let tries = 0; held.size < count; tries += 1) {
        if (tries === MAX_TRIES) throw new Error(`no ${count} free ports found on ${host}`);
        await this.#tryOne(host, held);
      }
      return [...held.keys()];
    } finally {
      await Promise.all([...held.values()].map(closed));
    }
  }

  /** Of a kernel that has them already. */
  claim(ports: readonly number[]): void {
    for (const port of ports) this.#given.add(port);
  }

  release(ports: readonly number[]): void {
    for (const port of ports) this.#given.delete(port);
  }

  async #tryOne(host: string, held: Map<number, Server>): Promise<void> {
    const port = randomInt(FIRST_PORT, END_PORT);
    if (this.#given.has(port)) return;
    this.#given.add(port);
    const server = await listening(port, host);
    if (server === null) this.#given.delete(port);
    else held.set(port, server);
  }
}

function listening(port: number, host: string): Promise<Server | null> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => {
      resolve(null);
    });
    server.listen({ port, host, exclusive: true }, () => {
      resolve(server);
    });
  });
}

function closed(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => {
      resolve();
    });
  });
}
