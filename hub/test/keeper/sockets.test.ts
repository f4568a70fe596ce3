/** The keeper's ZeroMQ side against sockets that play the kernel: bad frames, bursts, a silent heartbeat. */
import { randomUUID } from 'node:crypto';
import { afterEach, describe, expect, test } from '@jest/globals';
import { encodeZmqFrames, executeRequest, messageParts, statusMessage } from '@cokernel/proto/jupyter';
import { Dealer, Publisher, Reply, Router, type Socket } from 'zeromq';
import { newConnection, PORTS_PER_KERNEL, signerOf } from '../../src/keeper/connection-file.js';
import { Counts } from '../../src/keeper/counts.js';
import { Heartbeat } from '../../src/keeper/heartbeat.js';
import { KernelSockets } from '../../src/keeper/kernel-sockets.js';
import { PortPool } from '../../src/keeper/ports.js';
import { SendQueue } from '../../src/keeper/send-queue.js';
import { waitUntil } from '../support/wait-until.js';

const sender = () => ({ msgId: randomUUID(), session: 's', username: 'u', date: '' });
const request = executeRequest(sender(), { code: '1' });
const open: Socket[] = [];
const closed: (() => Promise<void>)[] = [];
const ports = new PortPool();

/** Also after a failure: an open socket would keep the process. */
afterEach(async () => {
  await Promise.all(closed.splice(0).map((close) => close()));
  for (const socket of open.splice(0)) socket.close();
});

function kept<T extends Socket>(socket: T): T {
  open.push(socket);
  return socket;
}

describe('SendQueue', () => {
  test('[J19] ten thousand sends at once arrive, each once and in order', async () => {
    const [port = 0] = await ports.take(1, '127.0.0.1');
    const router = kept(new Router({ receiveHighWaterMark: 10 }));
    await router.bind(`tcp://127.0.0.1:${port}`);
    const dealer = kept(new Dealer({ sendHighWaterMark: 10, linger: 0 }));
    dealer.connect(`tcp://127.0.0.1:${port}`);
    const queue = new SendQueue(dealer);
    const sent = Promise.all(Array.from({ length: 10_000 }, (_, index) => queue.send([Buffer.from(String(index))])));
    for (let index = 0; index < 10_000; index += 1) {
      const [, payload] = await router.receive();
      if (payload?.toString() !== String(index)) throw new Error(`${String(payload)} came in place of ${index}`);
    }
    await sent;
  });

  test('[J19] a send that fails is told to its sender and does not stop the next', async () => {
    const sent: string[] = [];
    const queue = new SendQueue({
      send: ([frame]) => {
        const text = String(frame);
        sent.push(text);
        return text === '1' ? Promise.reject(new Error('no')) : Promise.resolve();
      },
    });
    const results = await Promise.allSettled(['0', '1', '2'].map((text) => queue.send([Buffer.from(text)])));
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    expect(sent).toHaveLength(3);
  });
});

describe('KernelSockets', () => {
  test('[J3] what is no valid message is dropped, counted and logged, and the channel goes on', async () => {
    const connection = newConnection('127.0.0.1', await ports.take(PORTS_PER_KERNEL, '127.0.0.1'));
    const publisher = kept(new Publisher({ linger: 0 }));
    await publisher.bind(`tcp://127.0.0.1:${connection.iopubPort}`);
    const logged: string[] = [];
    const heard: string[] = [];
    const dropped = new Counts();
    const sockets = new KernelSockets({
      connection,
      routingId: randomUUID(),
      dropped,
      log: (_level, message, fields) => logged.push(`${message} ${String(fields?.['reason'])}`),
      onMessage: (message) => {
        heard.push(message.header.msg_type);
        if (message.content['execution_state'] === 'busy') throw new Error('a subscriber that fails');
      },
    });
    closed.push(() => sockets.close());
    sockets.open();
    const say = (state: 'busy' | 'idle', key: string) =>
      publisher.send(encodeZmqFrames(statusMessage({ ...sender(), parent: request.header }, state), signerOf(key)));
    // A subscription takes its time: say something until it is heard.
    await waitUntil('the subscription', async () => {
      await say('idle', connection.key);
      return heard.length > 0;
    });
    await publisher.send(['garbage']);
    await publisher.send(['<IDS|MSG>', 'x']);
    await say('idle', 'another key');
    await say('busy', connection.key);
    const before = heard.length;
    await waitUntil('the next message', async () => {
      await say('idle', connection.key);
      return heard.length > before + 1;
    });
    expect(dropped.byReason).toEqual({ noDelimiter: 1, tooShort: 1, badSignature: 1 });
    expect(logged).toEqual([
      'a message was dropped noDelimiter',
      'a message was dropped tooShort',
      'a message was dropped badSignature',
      'a message could not be handled Error: a subscriber that fails',
    ]);
    await sockets.close();
    await expect(sockets.send('shell', messageParts(request))).rejects.toThrow();
  });

  test('[J4] shell, control and stdin share one identity', async () => {
    const connection = newConnection('127.0.0.1', await ports.take(PORTS_PER_KERNEL, '127.0.0.1'));
    const routers = [connection.shellPort, connection.controlPort, connection.stdinPort].map(async (port) => {
      const router = kept(new Router({ linger: 0 }));
      await router.bind(`tcp://127.0.0.1:${port}`);
      return router;
    });
    const sockets = new KernelSockets({
      connection,
      routingId: randomUUID(),
      dropped: new Counts(),
      log: () => undefined,
      onMessage: () => undefined,
    });
    closed.push(() => sockets.close());
    sockets.open();
    for (const channel of ['shell', 'control', 'stdin'] as const) await sockets.send(channel, messageParts(request));
    const identities = await Promise.all(
      routers.map(async (router) => (await (await router).receive())[0]?.toString()),
    );
    expect(new Set(identities).size).toBe(1);
    expect(identities[0]).toHaveLength(36);
    await sockets.close();
  });
});

describe('Heartbeat', () => {
  const make = (port: number, changes: [boolean, number][]) =>
    new Heartbeat({
      transport: 'tcp',
      ip: '127.0.0.1',
      port,
      timeToDeadMs: 500,
      onChange: (beating, sinceMs) => changes.push([beating, sinceMs]),
      now: () => performance.now(),
    });

  test('[J8] silence is told once with its time, the echo once more, and it goes on with a new socket', async () => {
    const [port = 0] = await ports.take(1, '127.0.0.1');
    const changes: [boolean, number][] = [];
    const heartbeat = make(port, changes);
    closed.push(() => heartbeat.stop());
    heartbeat.start();
    await waitUntil('the miss', () => changes.length === 1);
    expect(changes[0]?.[0]).toBe(false);
    expect(changes[0]?.[1]).toBeGreaterThanOrEqual(495);
    expect(heartbeat.isBeating).toBe(false);
    const echo = kept(new Reply({ linger: 0 }));
    await echo.bind(`tcp://127.0.0.1:${port}`);
    const echoing = (async () => {
      for await (const frames of echo) await echo.send(frames);
    })();
    await waitUntil('the beat', () => heartbeat.isBeating);
    expect(changes.map(([beating]) => beating)).toEqual([false, true]);
    heartbeat.pause();
    expect(heartbeat.isBeating).toBe(false);
    heartbeat.unpause();
    echo.close();
    await echoing;
    await waitUntil('the next miss', () => changes.length === 3);
    await heartbeat.stop();
    await heartbeat.stop();
    expect(heartbeat.isBeating).toBe(false);
  });

  test('[J8] it stops at once, in the middle of a beat', async () => {
    const [port = 0] = await ports.take(1, '127.0.0.1');
    const changes: [boolean, number][] = [];
    const heartbeat = new Heartbeat({
      transport: 'tcp',
      ip: '127.0.0.1',
      port,
      timeToDeadMs: 60_000,
      onChange: (beating, sinceMs) => changes.push([beating, sinceMs]),
      now: () => performance.now(),
    });
    closed.push(() => heartbeat.stop());
    heartbeat.start();
    await heartbeat.stop();
    expect(changes).toEqual([]);
  });

  test('[J8] port 0 is refused', () => {
    expect(() => {
      make(0, []).start();
    }).toThrow('port');
  });
});
