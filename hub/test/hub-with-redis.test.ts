/** What a hub leaves in Redis, and what it tells when Redis tells it late. */
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { RoomProgram } from './support/room-program.js';
import type { RedisServer } from './support/redis-server.js';
import { startRedisServer } from './support/redis-server.js';
import type { HubPlace, TestHub } from './support/test-hub.js';
import { hubPlace, startHub, writeCells } from './support/test-hub.js';
import { waitUntil } from './support/wait-until.js';

const SLOW_MS = 120_000;
let place: HubPlace;
let redis: RedisServer;
let hub: TestHub;
let ann: RoomProgram;

beforeEach(async () => {
  place = await hubPlace();
  redis = await startRedisServer();
  await writeCells(place, 'a.ipynb', 'import time\ntime.sleep(600)', 'print(1)');
  hub = await startHub(place, ['--redis', redis.url]);
  ann = await RoomProgram.join(hub, 'a.ipynb', 'Ann');
}, SLOW_MS);

afterEach(async () => {
  ann.close();
  await hub.stop();
  await redis.remove();
  await place.remove();
}, SLOW_MS);

/** False when no process of this id is there any more. */
function isThere(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

/** The names of all keys of kernels. */
async function kernelKeys(): Promise<string> {
  const socket = connect(redis.port, '127.0.0.1');
  socket.write('KEYS cokernel:{k:*\r\n');
  const [answer] = (await once(socket, 'data')) as [Buffer];
  socket.destroy();
  return answer.toString();
}

test(
  'a kernel that is shut down ends its runs, which all are told, and leaves nothing in Redis, its lease neither',
  async () => {
    const { runs } = await ann.run(['c0', 'c1']);
    await waitUntil('it runs', () => ann.told('queueChanged').at(-1)?.queue.running !== null);
    expect(await kernelKeys()).toContain(':lease');
    await ann.call('stopKernel', {});
    for (const { run } of runs) expect(await ann.finished(run.runId)).toBe('cancelled');
    await waitUntil('nothing is left', async () => (await kernelKeys()) === '*0\r\n');
  },
  SLOW_MS,
);

test(
  'a hub whose Redis is away refuses calls as unavailable without a word on each in its log; stopped then, it ends its kernels all the same',
  async () => {
    ann.setSource('c1', 'import os\nprint("pid", os.getpid())');
    const { runs } = await ann.run(['c1']);
    expect(await ann.finished(runs[0]?.run.runId ?? '')).toBe('succeeded');
    await waitUntil('the output is there', () => /pid \d+/.test(ann.output('c1')));
    const pid = Number(/pid (\d+)/.exec(ann.output('c1'))?.[1]);
    expect(isThere(pid)).toBe(true);
    await redis.stop();
    for (let n = 0; n < 3; n += 1) {
      expect(await ann.ask('goOn', {})).toMatchObject({ ok: false, error: { code: 'unavailable' } });
    }
    expect(hub.stderr()).not.toMatch(/a call failed/);
    await hub.stop('SIGINT');
    await waitUntil('the kernel is gone', () => !isThere(pid));
  },
  SLOW_MS,
);

test(
  '[X19] a hub that starts while Redis is away takes its kernels over when it is back, and no run is lost by that',
  async () => {
    const go = `${place.data}/go-on`;
    const waiting = ['import os, time', `while not os.path.exists(${JSON.stringify(go)}): time.sleep(0.05)`];
    ann.setSource('c1', ['print("before", flush=True)', ...waiting, 'print("after")'].join('\n'));
    const { runs } = await ann.run(['c1']);
    await waitUntil('it runs', () => ann.output('c1').includes('before'));
    ann.close();
    await hub.stop('SIGTERM');
    await redis.stop();
    hub = await startHub(place, ['--redis', redis.url]);
    const open = () => hub.rest('PUT', '/api/collaboration/session/a.ipynb', { format: 'json', type: 'notebook' });
    expect((await open()).status).toBe(503);
    expect(hub.stderr()).not.toMatch(/a request failed/);
    await redis.start();
    await waitUntil('the notebook opens', async () => (await open()).status === 200);
    ann = await RoomProgram.join(hub, 'a.ipynb', 'Ann');
    await writeFile(go, '');
    expect(await ann.finished(runs[0]?.run.runId ?? '')).toBe('succeeded');
    await waitUntil('all output is there', () => ann.output('c1').includes('after'));
    expect(ann.output('c1')).toContain(String.raw`"before\nafter\n"`);
  },
  SLOW_MS,
);
