/**
 * A port that a program can be told to listen at a moment later. It is chosen below the ranges from which systems take the
 * ports of outgoing connections and keepers those of kernels, and suites that run side by side choose from ports of
 * their own, so that nobody has it by then.
 */
import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:net';

const MOST_WORKERS = 16;
/** Without the ports that browsers, and fetch, refuse as bad: X11, IRC, SIP and the like. */
const [FROM, TO] = [7_008, 10_064];
const chosen = new Set<number>();

export async function freePort(): Promise<number> {
  const worker = Number(process.env['JEST_WORKER_ID'] ?? 0) % MOST_WORKERS;
  for (;;) {
    const port = MOST_WORKERS * randomInt(FROM / MOST_WORKERS, TO / MOST_WORKERS) + worker;
    if (chosen.has(port) || !(await isFree(port))) continue;
    chosen.add(port);
    return port;
  }
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer();
  const isListening = new Promise<boolean>((resolve) => {
    server
      .once('error', () => resolve(false))
      .listen({ port, host: '127.0.0.1', exclusive: true }, () => resolve(true));
  });
  if (!(await isListening)) return false;
  server.close();
  await once(server, 'close');
  return true;
}
