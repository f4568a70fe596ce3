/** Ports of this machine's loopback that nobody listens at. */
import { once } from 'node:events';
import { createServer } from 'node:net';
import { SetUpError } from '../set-up/report.mjs';

const HIGHEST = 65_535;

/**
 * @param {number} count
 * @param {number} from the lowest that is looked at
 * @returns {Promise<readonly number[]>}
 */
export async function freePorts(count, from) {
  /** @type {number[]} */
  const found = [];
  for (let port = from; found.length < count; port += 1) {
    if (port > HIGHEST)
      throw new SetUpError(`There are no ${count} free ports from ${from} on.`, 'Name a lower --port.');
    if (await isFree(port)) found.push(port);
  }
  return found;
}

/** @param {number} port */
export async function isFree(port) {
  const server = createServer();
  server.listen({ port, host: '127.0.0.1', exclusive: true });
  const isListening = await once(server, 'listening').then(
    () => true,
    () => false,
  );
  if (!isListening) return false;
  server.close();
  await once(server, 'close');
  return true;
}
