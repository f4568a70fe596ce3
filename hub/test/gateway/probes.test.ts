/** What watches over a real hub with a real Redis: Kubernetes, a proxy, Prometheus. Each test goes on where the former ended. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { readFile, rename, writeFile } from 'node:fs/promises';
import { WebSocket } from 'ws';
import { RoomProgram } from '../support/room-program.js';
import { readFamilies, sampleOf } from '../support/prometheus-text.js';
import type { RedisServer } from '../support/redis-server.js';
import { startRedisServer } from '../support/redis-server.js';
import { TOKEN, hubPlace, kernelsOf, startHub, writeCells } from '../support/test-hub.js';
import type { HubPlace, TestHub } from '../support/test-hub.js';
import { waitUntil } from '../support/wait-until.js';

const SLOW_MS = 120_000;
const METRICS_TOKEN = 'for-prometheus';

let place: HubPlace;
let redis: RedisServer;
let hub: TestHub;
let ann: RoomProgram;

beforeAll(async () => {
  place = await hubPlace();
  const go = JSON.stringify(`${place.data}/go-on`);
  const waits = `import os, time\nprint("begun", flush=True)\nwhile not os.path.exists(${go}): time.sleep(0.02)`;
  await writeCells(place, 'a.ipynb', waits, '1 / 0', 'print(f"<{os.getpid()}>")\ntime.sleep(600)');
  redis = await startRedisServer();
  hub = await startHub(place, ['--redis', redis.url], { COKERNEL_METRICS_TOKEN: METRICS_TOKEN });
  ann = await RoomProgram.join(hub, 'a.ipynb', 'Ann');
}, SLOW_MS);

afterAll(async () => {
  ann.close();
  await hub.stop();
  await redis.remove();
  await place.remove();
}, SLOW_MS);

interface Answer {
  readonly status: number;
  readonly text: string;
}

async function ask(address: string, authorization?: string): Promise<Answer> {
  const headers = authorization === undefined ? {} : { authorization };
  const response = await fetch(hub.url + address, { headers, redirect: 'manual' });
  return { status: response.status, text: await response.text() };
}

const metrics = async (): Promise<string> => (await ask('/metrics', `Bearer ${METRICS_TOKEN}`)).text;
const isReady = async (): Promise<boolean> => (await ask('/readyz')).status === 200;

test('[P51] says without a token that it lives, and nothing else', async () => {
  expect(await ask('/healthz')).toEqual({ status: 200, text: '{"alive":true}' });
});

test('[P53] figures are for the token and for one of their own, which opens no other door', async () => {
  for (const authorization of [`Bearer ${TOKEN}`, `token ${TOKEN}`, `Bearer ${METRICS_TOKEN}`]) {
    expect(await ask('/metrics', authorization)).toMatchObject({ status: 200 });
  }
  expect((await ask(`/metrics?token=${TOKEN}`)).status).toBe(200);
  for (const authorization of [undefined, 'Bearer other', `Basic ${METRICS_TOKEN}`]) {
    expect((await ask('/metrics', authorization)).status).toBe(401);
  }
  expect((await ask(`/metrics?token=${METRICS_TOKEN}`)).status).toBe(401);
  for (const address of ['/api/status', '/api/contents', '/', '/metrics/..%2fapi/status']) {
    expect((await ask(address, `Bearer ${METRICS_TOKEN}`)).status).toBe(401);
  }
});

test(
  '[P53] figures move with what happens: rooms, clients, kernels, runs by state, waits, messages, Redis',
  async () => {
    await ann.run(['c0', 'c1']);
    await waitUntil('the first runs', () => ann.output('c0').includes('begun'));
    const [kernel] = await kernelsOf(hub);
    const channels = new WebSocket(
      `${hub.url.replace('http', 'ws')}/api/kernels/${kernel?.kernelId ?? ''}/channels?token=${TOKEN}`,
    );
    await waitUntil('the channels are open', () => channels.readyState === WebSocket.OPEN);
    const during = await metrics();
    const values = (names: readonly string[], text: string) => names.map((name) => sampleOf(text, `cokernel_${name}`));
    const here = ['rooms', 'clients{door="room"}', 'clients{door="kernel"}', 'kernels{status="busy"}'];
    expect(values(here, during)).toEqual([1, 1, 1, 1]);
    expect(values(['runs{state="running"}', 'runs{state="queued"}', 'run_queue_wait_seconds_count'], during)).toEqual([
      1, 1, 1,
    ]);
    await writeFile(`${place.data}/go-on`, '');
    await waitUntil('both have ended', () => ann.told('runFinished').length === 2);
    channels.terminate();
    await waitUntil(
      'the client is gone',
      async () => sampleOf(await metrics(), 'cokernel_clients{door="kernel"}') === 0,
    );
    const after = await metrics();
    const runs = ['runs{state="running"}', 'runs{state="queued"}', 'runs_ended_total{state="succeeded"}'];
    expect(values([...runs, 'runs_ended_total{state="failed"}'], after)).toEqual([0, 0, 1, 1]);
    expect(values(['run_queue_wait_seconds_count', 'redis_up'], after)).toEqual([2, 1]);
    const said = (channel: string, type: string) =>
      sampleOf(after, `cokernel_kernel_messages_total{channel="${channel}",type="${type}"}`);
    // The hub runs something itself, silently.
    expect(said('shell', 'execute_reply')).toBeGreaterThanOrEqual(2);
    expect([said('iopub', 'error'), said('iopub', 'execute_input')]).toEqual([1, 2]);
    expect(sampleOf(after, 'cokernel_redis_answer_seconds_count')).toBeGreaterThan(10);
  },
  SLOW_MS,
);

test('[P53] figures are read by the reader of Prometheus, by its rules for names, and name no person and no path', async () => {
  const families = readFamilies(await metrics());
  const own = families.filter(({ name }) => name.startsWith('cokernel_'));
  expect(own.map(({ name }) => name).sort()).toEqual(
    [
      ...['build_info', 'clients', 'kernel_messages', 'kernels', 'outbox_bytes', 'redis_answer_seconds'],
      ...['redis_failures', 'redis_up', 'rooms', 'run_queue_wait_seconds', 'runs', 'runs_ended'],
    ].map((name) => `cokernel_${name}`),
  );
  for (const { type, samples } of own) {
    for (const { name, labels, value } of samples) {
      expect(name).toMatch(/^[a-z_]+$/);
      if (type === 'counter') expect(name).toMatch(/_total$/);
      expect(Object.keys(labels).join()).toMatch(/^(version|door|status|state|channel,type|le|)$/);
      expect(value).toBeGreaterThanOrEqual(0);
    }
  }
  expect(JSON.stringify(families)).not.toMatch(/Ann|ipynb|a\.ipynb|\/tmp/);
  expect(families.map(({ name }) => name)).toContain('process_resident_memory_bytes');
});

test(
  '[P52] is ready while all that it needs answers; without Redis it says so within its bound, and is ready again after',
  async () => {
    expect(await ask('/readyz')).toEqual({ status: 200, text: '{"ready":true,"missing":[]}' });
    await redis.stop();
    await waitUntil('it is missed', async () => !(await isReady()), 10_000);
    expect(JSON.parse((await ask('/readyz')).text)).toEqual({ ready: false, missing: ['redis'] });
    expect((await ask('/healthz')).status).toBe(200);
    expect(sampleOf(await metrics(), 'cokernel_redis_up')).toBe(0);
    await redis.start();
    await waitUntil('it is ready again', isReady);
    expect(sampleOf(await metrics(), 'cokernel_redis_up')).toBe(1);
  },
  SLOW_MS,
);

test(
  '[P52] names the served folder while it is gone, and kernels while the keeper does not answer',
  async () => {
    const missing = async (): Promise<string> => (await ask('/readyz')).text;
    await rename(place.served, `${place.served}-elsewhere`);
    const withoutFolder = await missing();
    await rename(`${place.served}-elsewhere`, place.served);
    expect(withoutFolder).toBe('{"ready":false,"missing":["folder"]}');
    const pid = Number(/"pid":(\d+)/.exec(await readFile(`${place.data}/keeper.log`, 'utf8'))?.[1]);
    process.kill(pid, 'SIGSTOP');
    const withoutKeeper = await missing();
    process.kill(pid, 'SIGCONT');
    expect(withoutKeeper).toBe('{"ready":false,"missing":["kernels"]}');
    await waitUntil('it is ready again', isReady);
  },
  SLOW_MS,
);

test(
  '[P52] is not ready while it stops',
  async () => {
    await ann.run(['c2']);
    const pid = (): string | undefined => /<(\d+)>/.exec(ann.output('c2'))?.[1];
    await waitUntil('the kernel says who it is', () => pid() !== undefined);
    process.kill(Number(pid()), 'SIGSTOP');
    const stopped = hub.stop('SIGINT');
    // A kernel that does not answer is waited for, some seconds.
    await waitUntil('it says so', async () => (await ask('/readyz')).text === '{"ready":false,"missing":["stopping"]}');
    process.kill(Number(pid()), 'SIGKILL');
    expect((await stopped).code).toBe(0);
  },
  SLOW_MS,
);
