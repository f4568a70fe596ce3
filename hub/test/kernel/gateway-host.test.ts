/** A remote engine as it is lived with: connections that break, an engine that is killed, other people at the engine. */
import { randomUUID } from 'node:crypto';
import { readFile, stat, writeFile } from 'node:fs/promises';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { KernelId } from '@cokernel/proto/hub';
import { completeRequest } from '@cokernel/proto/jupyter';
import { GatewayHost, type GatewayHostTimes } from '../../src/kernel/gateway-host.js';
import type { KernelHostEvent } from '../../src/kernel/kernel-host.js';
import { BreakableWay } from '../support/breakable-way.js';
import { JupyterServer } from '../support/jupyter-server.js';
import { evaluated, KernelEvents, readyKernel, sendCode, sender, startKernel } from '../support/kernel-events.js';
import { waitUntil } from '../support/wait-until.js';

const quick: Partial<GatewayHostTimes> = {
  retryAfterMs: [10, 50],
  pingEveryMs: 100,
  // Longer than a busy machine lets an engine wait: a way is not to fall silent by itself.
  deadAfterMs: 5_000,
  lookEveryMs: 200,
};

interface Place {
  readonly server: JupyterServer;
  readonly way: BreakableWay;
  readonly logged: string[];
  host(times?: Partial<GatewayHostTimes>, file?: string): GatewayHost;
}

const ends: (() => Promise<unknown>)[] = [];
const atEnd = (end: () => Promise<unknown>): void => void ends.push(end);

async function place(settings: Readonly<Record<string, string>> = {}): Promise<Place> {
  const server = await JupyterServer.start({ settings });
  const way = await BreakableWay.to(server.port);
  const logged: string[] = [];
  return {
    server,
    way,
    logged,
    host: (times = {}, file = `${randomUUID()}.json`) => {
      const host = new GatewayHost({
        url: way.url,
        token: server.token,
        file: server.file(file),
        times: { ...quick, ...times },
        now: () => performance.now(),
        log: (level, message, fields) => logged.push(`${level} ${message} ${JSON.stringify(fields)}`),
      });
      atEnd(() => host.close());
      return host;
    },
  };
}

/** Only a broken connection counts as silence, never a slow engine. */
const UNHURRIED = { pingEveryMs: 60_000, deadAfterMs: 120_000 };

/** Code that says that it began, and goes on when the file is there. */
const waitsFor = (file: string): string =>
  ['import os, time', 'print("began")', `while not os.path.exists(${JSON.stringify(file)}): time.sleep(0.01)`]
    .concat('print("went on")')
    .join('\n');

const kinds = (events: KernelEvents): readonly KernelHostEvent['type'][] => events.all.map(({ type }) => type);

describe('the way to a remote engine', () => {
  let there: Place;

  beforeAll(async () => {
    there = await place();
  });
  afterEach(async () => {
    there.way.mend();
    for (const id of await there.server.kernelIds()) await there.server.rest('DELETE', `api/kernels/${id}`);
    for (const end of ends.splice(0)) await end();
  });
  afterAll(async () => {
    await there.way.close();
    await there.server.stop();
  });

  test('[X7] a broken connection is told as a gap and opened again, and what the engine kept is heard', async () => {
    const { events, kernel } = await readyKernel(there.host(UNHURRIED));
    const file = there.server.file(randomUUID());
    const id = await sendCode(kernel, waitsFor(file));
    await events.untilChild(id, 'stream');
    there.way.cut();
    await events.until('heartbeat');
    await writeFile(file, '');
    there.way.mend();
    await events.until('gap');
    await events.untilDone(id);
    expect(events.textOf(id)).toBe('began\nwent on\n');
    const [gap] = events.ofType('gap');
    expect(gap?.toSeq).toBe((gap?.fromSeq ?? 0) + 2);
    expect(gap?.reason).toMatch(/connection to the remote engine was broken/);
    expect(events.seqs).not.toContain((gap?.toSeq ?? 0) - 1);
    expect(events.ofType('heartbeat').map(({ beating }) => beating)).toEqual([false, true]);
    expect(kinds(events)).not.toContain('detached');
  });

  test('a request that is sent while the connection is broken waits for the next one, and runs once', async () => {
    const { events, kernel } = await readyKernel(there.host(UNHURRIED));
    there.way.cut();
    await events.until('heartbeat');
    const sending = sendCode(kernel, 'n = globals().get("n", 0) + 1; print(n)');
    const question = completeRequest(sender(), 'impor', 5);
    const asking = kernel.send(question);
    expect(kinds(events)).not.toContain('sent');
    there.way.mend();
    const id = await sending;
    await asking;
    await events.untilChild(question.header.msg_id, 'complete_reply');
    await events.untilDone(id);
    expect(events.textOf(id)).toBe('1\n');
  });

  test('a way that fell silent is told, given up and opened again', async () => {
    const { events, kernel } = await readyKernel(there.host({ requestTimeoutMs: 500 }));
    there.way.freeze();
    await events.until('gap');
    expect(events.ofType('heartbeat')[0]).toMatchObject({ beating: false });
    const id = await sendCode(kernel, 'print("there")');
    await events.untilDone(id);
    expect(events.textOf(id)).toBe('there\n');
  });

  test('a way that stays broken is told as detached; who attaches again later hears the gap and goes on', async () => {
    const host = there.host({ giveUpAfterMs: 200 });
    const { kernelId, events, hosted } = await readyKernel(host);
    there.way.cut();
    await events.until('detached');
    await expect(host.kernels()).rejects.toMatchObject({ code: 'unreachable' });
    there.way.mend();
    const fromSeq = events.seqs.at(-1) ?? 0;
    const later = new KernelEvents();
    const again = await host.attach(kernelId, { fromSeq, fence: 1 }, later.listener);
    expect(again.hosted.journalId).toBe(hosted.journalId);
    expect(later.ofType('gap')[0]).toMatchObject({ fromSeq });
    const id = await sendCode(again.kernel, 'print("again")');
    await later.untilDone(id);
    expect(later.textOf(id)).toBe('again\n');
  });

  test('[X19] the next hub finds the kernel by its file, and is ready when the kernel has done with what it was at', async () => {
    const former = there.host({}, 'shared.json');
    const { kernelId, events, kernel, hosted } = await readyKernel(former);
    const file = there.server.file(randomUUID());
    const id = await sendCode(kernel, waitsFor(file));
    await events.untilChild(id, 'stream');
    await former.close();

    const next = there.host({}, 'shared.json');
    const [found] = await next.kernels();
    expect(found).toMatchObject({ kernelId, specName: 'python3', state: 'starting', knowsAllRequests: false });
    expect(found?.journalId).not.toBe(hosted.journalId);
    const later = new KernelEvents();
    const refused = next.attach(kernelId, { fromSeq: 0, fence: 0 }, later.listener);
    await expect(refused).rejects.toMatchObject({ code: 'staleFence', highestFence: 1 });
    await next.attach(kernelId, { fromSeq: 0, fence: 2 }, later.listener);
    await waitUntil('the way is open', () => there.server.said.split('Connecting to kernel').length > 2);
    expect(kinds(later)).not.toContain('ready');
    await writeFile(file, '');
    await later.until('ready');
  });

  test('a kernel that somebody shuts down at the engine has died, and is forgotten', async () => {
    const host = there.host({}, 'ended.json');
    const { events } = await readyKernel(host);
    const [remoteId = ''] = await there.server.kernelIds();
    await there.server.rest('DELETE', `api/kernels/${remoteId}`);
    await events.until('died');
    expect(await host.kernels()).toEqual([]);
    await waitUntil(
      'the file is empty',
      async () => !(await readFile(there.server.file('ended.json'), 'utf8')).includes(remoteId),
    );
  });

  test('a kernel that somebody restarts at the engine is told to restart, and to be ready', async () => {
    const started = await readyKernel(there.host());
    await evaluated(started, 'x = 1');
    const [remoteId = ''] = await there.server.kernelIds();
    await there.server.rest('POST', `api/kernels/${remoteId}/restart`);
    await started.events.until('restarting');
    await started.events.until('ready', 2);
    expect(await evaluated(started, 'print("x" in globals())')).toBe('False\n');
  });

  test('[J9] a kernel that ends while it starts, and is started anew by the engine, is ready all the same', async () => {
    const ended = there.server.file('ended-once');
    const python = `exec "${process.env['COKERNEL_TEST_PYTHON'] ?? ''}" -m ipykernel_launcher -f "$1"`;
    const script = `if [ -e "${ended}" ]; then ${python}; else touch "${ended}"; exit 1; fi`;
    await there.server.addSpec('ends-once', ['sh', '-c', script, 'sh', '{connection_file}']);
    const started = await startKernel(there.host(), 'ends-once');
    await started.events.until('ready');
    expect(await evaluated(started, 'print("there")')).toBe('there\n');
  });

  test('[J9] a kernel that never answers is given up with a reason, and does not stay behind at the engine', async () => {
    await there.server.addSpec('mute', ['sleep', '600']);
    const { events } = await startKernel(there.host({ readyWithinMs: 500 }), 'mute');
    await events.until('died');
    expect(events.ofType('died')[0]?.reason).toMatch(/did not answer within 0.5 s/);
    await waitUntil('the engine has no kernel', async () => (await there.server.kernelIds()).length === 0);
  });

  test('[X20] a kernel that the engine gives up before it was ready has died, though the engine lets us wait', async () => {
    const hasty = await place({
      'AsyncIOLoopKernelRestarter.restart_limit': '1',
      'AsyncIOLoopKernelRestarter.time_to_dead': '0.2',
    });
    atEnd(async () => {
      await hasty.way.close();
      await hasty.server.stop();
    });
    await hasty.server.addSpec('ends', ['sh', '-c', 'exit 1']);
    const { events } = await startKernel(hasty.host(), 'ends');
    await events.until('died');
    expect(events.ofType('died')[0]?.reason).toMatch(/has it no more/);
  });

  test('[X20] a kernel that can’t be started is refused or dies, with a reason', async () => {
    await there.server.addSpec('broken', ['/nowhere/python']);
    const start = startKernel(there.host(), 'broken');
    await expect(start).rejects.toMatchObject({
      code: 'launchFailed',
      message: expect.stringMatching(/broken.*\(500\)/),
    });
  });

  test('what is kept is readable by its owner alone, and neither it nor the log holds the token', async () => {
    const host = there.host({}, 'kept.json');
    await readyKernel(host);
    const file = there.server.file('kept.json');
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    expect(await readFile(file, 'utf8')).not.toContain(there.server.token);
    there.way.cut();
    await waitUntil('the break is logged', () => there.logged.some((line) => line.includes('broke')));
    expect(there.logged.join('\n')).not.toContain(there.server.token);
  });

  test('an engine that is killed takes its kernels along: they have died when it is back', async () => {
    const host = there.host();
    const { events, kernel } = await readyKernel(host);
    const id = await sendCode(kernel, 'print("began"); import time; time.sleep(600)');
    await events.untilChild(id, 'stream');
    await there.server.kill();
    await events.until('heartbeat');
    await there.server.restart();
    await events.until('died');
    expect(events.ofType('died')[0]?.reason).toMatch(/no more/);
    expect(await host.kernels()).toEqual([]);
    const { events: later } = await readyKernel(host);
    expect(kinds(later)).toContain('ready');
  });

  test('two kernels of one hub do not hear each other', async () => {
    const host = there.host();
    const one = await readyKernel(host);
    const other = await readyKernel(host);
    expect(await evaluated(one, 'print("one")')).toBe('one\n');
    expect(await evaluated(other, 'print("other")')).toBe('other\n');
    expect(one.events.messages.some(({ content }) => content['text'] === 'other\n')).toBe(false);
  });

  test('a wrong token is told as such, without the token', async () => {
    const url = there.way.url;
    const file = there.server.file('wrong.json');
    const host = new GatewayHost({ url, token: 'wrong-secret', file, now: () => 0, log: () => undefined });
    const refusal = await host.kernelSpecs().catch((error: unknown) => String(error));
    expect(refusal).toMatch(/refused the token \(403\).*COKERNEL_GATEWAY_TOKEN/);
    expect(refusal).not.toContain('wrong-secret');
    const unknown = KernelId.parse(randomUUID());
    const start = host.start({ kernelId: unknown, specName: 'python3', cwd: '/', labels: {}, fence: 1 });
    await expect(start).rejects.toMatchObject({ code: 'unreachable' });
  });
});
