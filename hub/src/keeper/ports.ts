/**
 * Free TCP ports for a kernel's five sockets. The kernel binds them itself a moment later, and again after each restart,
 * so that they must stay free for it: they are chosen below the range from which systems take the ports of outgoing
 * connections, and in blocks, each of which is claimed for as long as it is given. The claim is a UDP socket at the
 * number of the block's first port: whatever keepers run on this machine, no two give the same block, and one that is
 * killed leaves no claim behind.
 */
import { createSocket, type Socket } from 'node:dgram';
import { createServer, type Server } from 'node:net';
import { randomInt } from 'node:crypto';

/** Linux gives outgoing connections 32768 and up, macOS 49152 and up. */
const RANGE = { from: 10_240, to: 32_768 };
const BLOCK_SIZE = 5;
const MAX_TRIES = 200;

export class PortPool {
  /** By the first port of each block that is given; null: not claimed (yet). */
  readonly #given = new Map<number, Socket | null>();

  /** `from`: a multiple of 5. */
  constructor(private readonly range: { readonly from: number; readonly to: number } = RANGE) {}

  /** Gives `count` ports, at most 5. Rejects when the machine has hardly any that are free. */
  async take(count: number, host: string): Promise<number[]> {
    const { from, to } = this.range;
    for (let tries = 0; tries < MAX_TRIES; tries += 1) {
      const first = from + BLOCK_SIZE * randomInt(Math.floor((to - from) / BLOCK_SIZE));
      const ports = Array.from({ length: count }, (_, index) => first + index);
      if (await this.#give(first, ports, host)) return ports;
    }
    throw new Error(`no ${count} free ports found on ${host}`);
  }

  /** Of a kernel that has them already. Resolves when they are claimed, also where another keeper was first. */
  async claim(ports: readonly number[], host: string): Promise<void> {
    await Promise.all([...blocksOf(ports)].map((first) => this.#claim(first, host)));
  }

  release(ports: readonly number[]): void {
    for (const first of blocksOf(ports)) {
      this.#given.get(first)?.close();
      this.#given.delete(first);
    }
  }

  async #give(first: number, ports: readonly number[], host: string): Promise<boolean> {
    if (this.#given.has(first)) return false;
    const isOurs = await this.#claim(first, host);
    if (isOurs && (await areFree(ports, host))) return true;
    this.release([first]);
    return false;
  }

  async #claim(first: number, host: string): Promise<boolean> {
    this.#given.set(first, null);
    const socket = await claimedAt(first, host);
    // Given back meanwhile.
    if (!this.#given.has(first)) socket?.close();
    else this.#given.set(first, socket);
    return socket !== null;
  }
}

function blocksOf(ports: readonly number[]): ReadonlySet<number> {
  return new Set(ports.map((port) => port - (port % BLOCK_SIZE)));
}

function claimedAt(port: number, host: string): Promise<Socket | null> {
  return new Promise((resolve) => {
    const socket = createSocket('udp4').unref();
    const failed = (): void => {
      socket.close();
      resolve(null);
    };
    socket.once('error', failed);
    socket.bind({ port, address: host, exclusive: true }, () => {
      // Nothing is read from it: what goes wrong later is of no matter.
      socket.off('error', failed).on('error', () => undefined);
      resolve(socket);
    });
  });
}

/** All are held at once while they are tried. */
async function areFree(ports: readonly number[], host: string): Promise<boolean> {
  const servers = await Promise.all(ports.map((port) => listening(port, host)));
  await Promise.all(servers.flatMap((server) => (server === null ? [] : [closed(server)])));
  return !servers.includes(null);
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
