/** A TCP proxy between a client and its server, whose connections a test can cut in the middle of whatever is on its way. */
import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import type { Scratch } from '../../end-to-end/support/scratch.js';

export interface CutProxy {
  readonly url: string;
  /** Cuts every connection; what was on its way is lost. New ones are made as before. */
  cut(): void;
}

export async function startCutProxy(scratch: Scratch, target: string): Promise<CutProxy> {
  const { hostname, port } = new URL(target);
  const sockets = new Set<Socket>();
  const server = createServer((client) => {
    const upstream = connect(Number(port), hostname);
    for (const [from, to] of [[client, upstream] as const, [upstream, client] as const]) {
      sockets.add(from);
      from.pipe(to);
      from.on('error', () => to.destroy());
      from.on('close', () => {
        sockets.delete(from);
        to.destroy();
      });
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const cut = (): void => {
    for (const socket of sockets) socket.resetAndDestroy();
  };
  scratch.atEnd(async () => {
    cut();
    server.close();
    await once(server, 'close');
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('a TCP server has a port');
  return { url: `http://127.0.0.1:${address.port}`, cut };
}
