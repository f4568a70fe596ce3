/** Which ports keepers give their kernels: each pool here is another keeper's. */
import { createServer } from 'node:net';
import { once } from 'node:events';
import { afterEach, expect, test } from '@jest/globals';
import { PortPool } from '../../src/keeper/ports.js';

const LOOPBACK = '127.0.0.1';
const ends: (() => void)[] = [];
afterEach(() => {
  for (const end of ends.splice(0)) end();
});

function keeper(range?: { readonly from: number; readonly to: number }): PortPool & { readonly given: number[] } {
  const given: number[] = [];
  const pool = new PortPool(range);
  ends.push(() => pool.release(given));
  return Object.assign(pool, { given });
}

async function take(pool: ReturnType<typeof keeper>): Promise<readonly number[]> {
  const ports = await pool.take(5, LOOPBACK);
  pool.given.push(...ports);
  return ports;
}

test('keepers that start many kernels at once give no port twice, though none of the ports is in use yet', async () => {
  const [one, other] = [keeper(), keeper()];
  for (let count = 0; count < 300; count += 1) await Promise.all([take(one), take(other)]);
  expect(one.given).toHaveLength(1_500);
  expect(new Set([...one.given, ...other.given]).size).toBe(3_000);
});

test('neither a port at which somebody listens is given, nor one that a kernel was found with', async () => {
  const pool = keeper({ from: 64_000, to: 64_040 });
  const server = createServer().listen({ port: 64_007, host: LOOPBACK });
  ends.push(() => server.close());
  await once(server, 'listening');
  const found = [64_021, 64_023];
  await pool.claim(found, LOOPBACK);
  for (;;) {
    const ports = await take(pool).catch((error: unknown) => String(error));
    if (typeof ports !== 'string') continue;
    expect(ports).toMatch(/no 5 free ports/);
    break;
  }
  expect(pool.given).toContain(64_000);
  expect(pool.given).not.toContain(64_005);
  expect(pool.given).not.toContain(64_020);
  pool.release(found);
  expect(await take(pool)).toEqual([64_020, 64_021, 64_022, 64_023, 64_024]);
});
