/** The figures of a hub: what is told becomes what is read. */
import { beforeEach, describe, expect, test } from '@jest/globals';
import { EventEmitter } from 'node:events';
import { Registry } from 'prom-client';
import type { WebSocket } from 'ws';
import { DEFAULT_QUEUE_RULES, KernelId } from '@cokernel/proto/hub';
import type { KernelStatus, RunView } from '@cokernel/proto/hub';
import { buildMessage } from '@cokernel/proto/jupyter';
import type { KernelMessage } from '@cokernel/proto/jupyter';
import { Connections } from '../../src/gateway/connections.js';
import { WsDoorSocket } from '../../src/gateway/ws-door-socket.js';
import { MessageCounts } from '../../src/metrics/message-counts.js';
import { Metrics } from '../../src/metrics/metrics.js';
import { measureOccupancy } from '../../src/metrics/occupancy.js';
import { RedisFigures } from '../../src/metrics/redis-figures.js';
import { RunFigures } from '../../src/metrics/run-figures.js';
import type { QueueSnapshot } from '../../src/run/run-queue.js';
import type { KernelWatcher } from '../../src/run/session-audience.js';
import { sampleOf } from '../support/prometheus-text.js';
import { queuedRun } from '../support/queued-run.js';

let registry: Registry;
beforeEach(() => {
  registry = new Registry();
});

const read = async (name: string): Promise<number | null> => sampleOf(await registry.metrics(), name);

function message(channel: KernelMessage['channel'], msgType: string): KernelMessage {
  const sender = { msgId: 'm', session: 's', username: 'u', date: '2026-01-01T00:00:00.000Z' };
  return buildMessage(sender, { channel, msgType, content: {} });
}

describe('messages of kernels', () => {
  test('[P53] are counted by channel and type', async () => {
    const counts = new MessageCounts(registry);
    for (let said = 0; said < 3; said += 1) counts.add(message('iopub', 'stream'));
    counts.add(message('shell', 'execute_reply'));
    for (let reading = 0; reading < 2; reading += 1) {
      expect(await read('cokernel_kernel_messages_total{channel="iopub",type="stream"}')).toBe(3);
      expect(await read('cokernel_kernel_messages_total{channel="shell",type="execute_reply"}')).toBe(1);
      expect(await read('cokernel_kernel_messages_total{channel="iopub",type="error"}')).toBe(0);
    }
  });

  test('[P53] of types that nobody knows count as other, so that no kernel can make up figures', async () => {
    const counts = new MessageCounts(registry);
    const before = (await registry.metrics()).split('\n').length;
    for (let made = 0; made < 1_000; made += 1) counts.add(message('iopub', `made_up_${String(made)}`));
    counts.add(message('stdin', '__proto__'));
    expect((await registry.metrics()).split('\n')).toHaveLength(before);
    expect(await read('cokernel_kernel_messages_total{channel="iopub",type="other"}')).toBe(1_000);
    expect(await read('cokernel_kernel_messages_total{channel="stdin",type="other"}')).toBe(1);
  });
});

const empty: QueueSnapshot = { number: 0, held: null, rules: DEFAULT_QUEUE_RULES, running: null, queued: [] };

class FollowedKernel {
  readonly kernelId = KernelId.parse('k');
  private watcher: KernelWatcher | null = null;

  watch(watcher: KernelWatcher): () => void {
    this.watcher = watcher;
    return () => undefined;
  }

  tell(queue: Partial<QueueSnapshot>, ...finished: readonly RunView[]): void {
    this.watcher?.queueChanged({ snapshot: { ...empty, ...queue }, finished });
  }

  end(): void {
    this.watcher?.ended();
  }
}

describe('runs', () => {
  const run = (state: RunView['state'], waitedMs = 0): RunView => {
    const { view } = queuedRun();
    const startedAt = new Date(Date.parse(view.queuedAt) + waitedMs).toISOString();
    return { ...view, state, startedAt: state === 'queued' ? null : startedAt };
  };
  const figures = (left: QueueSnapshot = empty): RunFigures =>
    new RunFigures({ registry, queue: { snapshot: () => Promise.resolve(left) }, log: { warn: () => undefined } });

  test('[P53] that wait and run are counted over all kernels, and how they end', async () => {
    const [one, other] = [new FollowedKernel(), new FollowedKernel()];
    const runs = figures();
    for (const kernel of [one, other]) runs.follow(kernel);
    one.tell({ running: run('running'), queued: [run('queued'), run('queued')] });
    other.tell({ queued: [run('queued')] });
    expect(await read('cokernel_runs{state="running"}')).toBe(1);
    expect(await read('cokernel_runs{state="queued"}')).toBe(3);
    one.tell({}, run('failed'), run('cancelled'), run('cancelled'));
    expect(await read('cokernel_runs_ended_total{state="cancelled"}')).toBe(2);
    expect(await read('cokernel_runs_ended_total{state="failed"}')).toBe(1);
    expect(await read('cokernel_runs_ended_total{state="lost"}')).toBe(0);
    other.end();
    expect(await read('cokernel_runs{state="queued"}')).toBe(0);
  });

  test('[P53] tell once how long they waited, when they begin', async () => {
    const kernel = new FollowedKernel();
    figures().follow(kernel);
    const slow = run('running', 2_000);
    kernel.tell({ queued: [run('queued')] });
    expect(await read('cokernel_run_queue_wait_seconds_count')).toBe(0);
    kernel.tell({ running: slow });
    kernel.tell({ running: slow, queued: [run('queued')] });
    kernel.tell({ running: run('running', -500) });
    expect(await read('cokernel_run_queue_wait_seconds_count')).toBe(2);
    expect(await read('cokernel_run_queue_wait_seconds_sum')).toBe(2);
    expect(await read('cokernel_run_queue_wait_seconds_bucket{le="1"}')).toBe(1);
    expect(await read('cokernel_run_queue_wait_seconds_bucket{le="2.5"}')).toBe(2);
  });

  test('[P53] that an earlier hub left are counted; what began under that one has not waited again', async () => {
    const kernel = new FollowedKernel();
    const running = run('running', 60_000);
    figures({ ...empty, running, queued: [run('queued')] }).follow(kernel);
    // The queue has answered by the next turn.
    await Promise.resolve();
    expect(await read('cokernel_runs{state="queued"}')).toBe(1);
    kernel.tell({ running });
    expect(await read('cokernel_run_queue_wait_seconds_count')).toBe(0);
  });

  test('a queue that answers after its session has ended is not counted', async () => {
    const kernel = new FollowedKernel();
    figures({ ...empty, queued: [run('queued')] }).follow(kernel);
    kernel.end();
    await Promise.resolve();
    expect(await read('cokernel_runs{state="queued"}')).toBe(0);
  });
});

test('[P53] what waits for clients is counted by their door, until they close', async () => {
  const connections = new Connections();
  const kernelStatuses = (): KernelStatus[] => ['busy', 'idle', 'busy'];
  measureOccupancy(registry, { roomCount: () => 2, connections: () => connections.figures(), kernelStatuses });
  const webSocket = (bufferedAmount: number): WebSocket =>
    Object.assign(new EventEmitter(), { bufferedAmount }) as never;
  const slow = webSocket(3_000);
  connections.add('room', new WsDoorSocket(slow));
  connections.add('room', new WsDoorSocket(webSocket(40)));
  connections.add('kernel', new WsDoorSocket(webSocket(5)));
  expect(await read('cokernel_outbox_bytes{door="room"}')).toBe(3_040);
  expect(await read('cokernel_outbox_bytes{door="kernel"}')).toBe(5);
  slow.emit('close');
  expect(await read('cokernel_outbox_bytes{door="room"}')).toBe(40);
  expect(await read('cokernel_clients{door="room"}')).toBe(1);
  expect(await read('cokernel_kernels{status="busy"}')).toBe(2);
  expect(await read('cokernel_rooms')).toBe(2);
});

test('[P53] Redis: how long it took, and what it did not do', async () => {
  const redis = new RedisFigures(registry);
  redis.connected(true);
  redis.answered(2);
  redis.failed();
  expect(await read('cokernel_redis_up')).toBe(1);
  expect(await read('cokernel_redis_answer_seconds_bucket{le="0.0025"}')).toBe(1);
  expect(await read('cokernel_redis_answer_seconds_sum')).toBe(0.002);
  expect(await read('cokernel_redis_failures_total')).toBe(1);
  redis.connected(false);
  expect(await read('cokernel_redis_up')).toBe(0);
});

test('[P53] two hubs in one process have figures of their own, and the process is measured when somebody reads', async () => {
  const [one, other] = [new Metrics('1.0'), new Metrics('2.0')];
  expect(one.registry.getMetricsAsArray()).toHaveLength(1);
  const text = await one.text();
  expect(sampleOf(text, 'cokernel_build_info{version="1.0"}')).toBe(1);
  expect(sampleOf(text, 'process_resident_memory_bytes')).toBeGreaterThan(1_000_000);
  expect(sampleOf(text, 'nodejs_eventloop_lag_mean_seconds')).toBeGreaterThan(0);
  expect(other.registry.getMetricsAsArray()).toHaveLength(1);
});
