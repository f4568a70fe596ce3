/** What a remote engine may answer, good and bad, and what the hub makes of it: by an engine that a test scripts. */
import { afterEach, describe, expect, test } from '@jest/globals';
import { KernelId } from '@cokernel/proto/hub';
import { buildMessage, completeRequest, type KernelMessage } from '@cokernel/proto/jupyter';
import { randomUUID } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { GatewayHost, type GatewayHostTimes } from '../../src/kernel/gateway-host.js';
import { KernelHostError } from '../../src/kernel/kernel-host.js';
import { KernelEvents, sendCode, sender, startKernel } from '../support/kernel-events.js';
import { scratchFolder } from '../support/scratch-folder.js';
import { ScriptedEngine, type ScriptedAnswer } from '../support/scripted-engine.js';
import { waitUntil } from '../support/wait-until.js';

const ends: (() => Promise<unknown>)[] = [];

afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

interface Place {
  readonly engine: ScriptedEngine;
  readonly host: GatewayHost;
  readonly file: string;
  readonly logged: string[];
}

async function place(
  options: { readonly hasV1?: boolean; readonly basePath?: string; readonly times?: Partial<GatewayHostTimes> } = {},
): Promise<Place> {
  const { hasV1 = true, times = {}, ...more } = options;
  const scratch = await scratchFolder();
  const engine = await ScriptedEngine.start({ hasV1, ...more });
  const logged: string[] = [];
  const file = `${scratch.path}/kernels.json`;
  const host = new GatewayHost({
    ...{ url: engine.url, token: 'secret', file },
    times: { retryAfterMs: [10], ...times },
    now: () => performance.now(),
    log: (level, message, fields) => logged.push(`${level} ${message} ${JSON.stringify(fields)}`),
  });
  ends.push(
    () => scratch.remove(),
    () => engine.stop(),
    () => host.close(),
  );
  return { engine, host, file, logged };
}

const startOptions = () => ({
  ...{ kernelId: KernelId.parse(randomUUID()), specName: 'python3', cwd: '/', labels: {}, fence: 1 },
});

/** What an engine says in its own name: it belongs to no request. */
function statusOfEngine(state: string): KernelMessage {
  const from = { msgId: randomUUID(), session: 'engine', username: 'engine', date: '2026-01-01T00:00:00.000Z' };
  return buildMessage(from, { channel: 'iopub', msgType: 'status', content: { execution_state: state } });
}

async function refusalOf(work: Promise<unknown>): Promise<KernelHostError> {
  const error = await work.then(
    () => null,
    (refusal: unknown) => refusal,
  );
  if (error instanceof KernelHostError) return error;
  throw new Error(`not refused but: ${String(error)}`);
}

describe('what a remote engine answers', () => {
  const page = '<html>log in</html>';
  const cases: readonly (readonly [string, string, ScriptedAnswer, string, RegExp])[] = [
    [
      'a page',
      'GET /api/kernelspecs',
      { status: 200, body: page },
      'unreachable',
      /not answer as a Jupyter server does/,
    ],
    ['another list', 'GET /api/kernelspecs', { status: 200, body: '[]' }, 'unreachable', /COKERNEL_GATEWAY_URL/],
    [
      'the way to a log-in',
      'GET /api/kernelspecs',
      { status: 302, location: '/login' },
      'unreachable',
      /elsewhere \(302\)/,
    ],
    ['that it is overloaded', 'GET /api/kernelspecs', { status: 503, body: page }, 'unreachable', /it answered 503/],
    ['that the token is wrong', 'GET /api/kernelspecs', { status: 401 }, 'unreachable', /refused the token \(401\)/],
    ['nothing', 'GET /api/kernelspecs', 'hang', 'unreachable', /no answer within 0.2 s/],
    [
      'why a launch failed',
      'POST /api/kernels',
      { status: 500, body: '{"message":"no node left"}' },
      'launchFailed',
      /python3: no node left \(500\)/,
    ],
    ['that a launch is forbidden', 'POST /api/kernels', { status: 403 }, 'unreachable', /refused the token/],
    ['a launch without an id', 'POST /api/kernels', { status: 201, body: '{}' }, 'unreachable', /COKERNEL_GATEWAY_URL/],
  ];

  test.each(cases)('%s is told in words', async (_title, what, answer, code, message) => {
    const { engine, host } = await place(answer === 'hang' ? { times: { requestTimeoutMs: 200 } } : {});
    engine.answers.set(what, answer);
    const refusal = await refusalOf(host.start(startOptions()));
    expect(refusal.code).toBe(code);
    expect(refusal.message).toMatch(message);
    expect(refusal.message).not.toContain('secret');
    expect(engine.asked.every(({ authorization }) => authorization === 'token secret')).toBe(true);
  });

  test('a kernelspec that can’t be read is skipped and logged, and the others are offered', async () => {
    const { engine, host, logged } = await place();
    const good = {
      name: 'good',
      spec: { argv: ['a'], display_name: 'Good', language: 'x', interrupt_mode: 'message' },
    };
    const body = JSON.stringify({ kernelspecs: { good, bad: { name: 7 } } });
    engine.answers.set('GET /api/kernelspecs', { status: 200, body });
    const specs = await host.kernelSpecs();
    expect(specs).toMatchObject([{ name: 'good', displayName: 'Good', interruptMode: 'message' }]);
    expect(logged.join('\n')).toMatch(/a kernelspec of the remote engine was skipped.*bad/);
  });

  test('an engine below a path is asked there, its WebSocket too, and the token stands in no address', async () => {
    const { engine, host } = await place({ basePath: '/user/ann' });
    const { events } = await startKernel(host);
    await events.until('ready');
    expect(engine.asked.map(({ what }) => what).find((what) => what.startsWith('SOCKET'))).toMatch(
      /^SOCKET \/user\/ann\/api\/kernels\/k\/channels\?session_id=/,
    );
    expect(JSON.stringify(engine.asked.map(({ what }) => what))).not.toContain('secret');
  });

  test('a proxy’s 404 does not mean that the kernel is gone; the engine’s own does', async () => {
    const { engine, host } = await place();
    const { kernelId } = await host.start(startOptions());
    engine.answers.set('GET /api/kernels/k', { status: 404, body: page });
    expect((await refusalOf(host.kernels())).code).toBe('unreachable');
    engine.answers.set('GET /api/kernels/k', { status: 404, body: '{"message":"Kernel does not exist: k"}' });
    expect(await host.kernels()).toEqual([]);
    const attach = host.attach(kernelId, { fromSeq: 0, fence: 1 }, () => undefined);
    expect((await refusalOf(attach)).code).toBe('noSuchKernel');
  });

  test('a kernel that can’t be noted is not left behind at the engine', async () => {
    const { engine, file } = await place();
    const log = () => undefined;
    const unwritable = new GatewayHost({ url: engine.url, token: null, file: `${file}.d/k.json`, now: () => 0, log });
    await expect(unwritable.start(startOptions())).rejects.toThrow(/ENOENT/);
    expect(engine.asked.map(({ what }) => what)).toContain('DELETE /api/kernels/k');
    expect(await unwritable.kernels()).toEqual([]);
  });

  test('a list of kernels that is damaged is told and counts as empty', async () => {
    const { host, file, logged } = await place();
    await writeFile(file, '{"kernels":[{');
    expect(await host.kernels()).toEqual([]);
    expect(logged.join('\n')).toMatch(/damaged/);
  });

  test('the kernels of another engine are kept in the list and not looked at', async () => {
    const { engine, host, file } = await place();
    const { kernelId } = await host.start(startOptions());
    const log = () => undefined;
    const other = new GatewayHost({ url: 'http://127.0.0.1:9/other', token: null, file, now: () => 0, log });
    expect(await other.kernels()).toEqual([]);
    await other.close();
    const again = new GatewayHost({ url: engine.url, token: null, file, now: () => 0, log });
    expect((await again.kernels()).map((hosted) => hosted.kernelId)).toEqual([kernelId]);
    await again.close();
  });
});

describe('what a remote engine says', () => {
  test.each([
    ['v1', true],
    ['the default protocol', false],
  ])(
    '[J3] frames that are no messages are skipped and logged in %s, and the next one is heard',
    async (_name, hasV1) => {
      const { engine, host, logged } = await place({ hasV1 });
      const { events, kernel } = await startKernel(host);
      await events.until('ready');
      expect(engine.protocols.at(-1)).toBe(hasV1 ? 'v1.kernel.websocket.jupyter.org' : '');
      for (const frame of ['', 'no json', '{"channel":"nowhere"}', '[]', '{"header":{}}']) engine.frame(frame);
      for (const frame of [[], [1, 2, 3], new Array<number>(64).fill(255)]) engine.frame(Uint8Array.from(frame));
      engine.print('r', 'still here');
      await waitUntil('the message is heard', () => events.textOf('r') === 'still here');
      expect(logged.filter((line) => line.includes('what is no message'))).toHaveLength(8);
      const id = await sendCode(kernel, 'go on');
      await waitUntil('the way is as before', () => engine.heard.some(({ header }) => header.msg_id === id));
      expect(events.ofType('heartbeat')).toEqual([]);
    },
  );

  test('[J9] an answer without a message on IOPub is not enough', async () => {
    const { engine, host } = await place({ times: { askAgainMs: 20 } });
    const say = engine.say.bind(engine);
    let silent = true;
    engine.say = (message) => {
      if (message.channel !== 'iopub' || !silent) say(message);
    };
    const { events } = await startKernel(host);
    const questions = () => engine.heard.filter(({ header }) => header.msg_type === 'kernel_info_request').length;
    await waitUntil('it is asked again and again', () => questions() > 5);
    expect(events.ofType('ready')).toEqual([]);
    silent = false;
    await events.until('ready');
  });

  test('[J9] a kernel whose kernel_info has features of the wrong type is ready all the same', async () => {
    const { engine, host } = await place();
    const say = engine.say.bind(engine);
    engine.say = (message) => say({ ...message, content: { ...message.content, supported_features: null } });
    const { events } = await startKernel(host);
    await events.until('ready');
    expect(events.ofType('ready')[0]?.kernelInfo).toMatchObject({ implementation: 'fake', supported_features: [] });
  });

  test('an execute_request waits until the kernel answers on this connection, and other requests do not', async () => {
    const { engine, host } = await place({ times: { askAgainMs: 20 } });
    const say = engine.say.bind(engine);
    engine.say = () => undefined;
    const { kernel } = await startKernel(host);
    const code = sendCode(kernel, 'first()');
    const question = completeRequest(sender(), 'a', 1);
    await kernel.send(question);
    const heard = () => engine.heard.map(({ header }) => header.msg_type);
    await waitUntil('it is asked again and again', () => heard().length > 5);
    expect(heard()).toContain('complete_request');
    expect(heard()).not.toContain('execute_request');
    engine.say = say;
    await code;
    await waitUntil('the request came', () => heard().includes('execute_request'));
  });

  test('[J12] that the engine starts a kernel anew, or gave it up, is told as events and not as messages', async () => {
    const { engine, host } = await place();
    const { events, kernelId } = await startKernel(host);
    await events.until('ready');
    engine.say(statusOfEngine('restarting'));
    await events.until('ready', 2);
    expect(events.ofType('restarting')[0]?.reason).toMatch(/died.*starts it anew/);
    engine.say(statusOfEngine('dead'));
    await events.until('died');
    expect(events.messages).toEqual([]);
    const attach = host.attach(kernelId, { fromSeq: 0, fence: 1 }, () => undefined);
    expect((await refusalOf(attach)).code).toBe('noSuchKernel');
  });

  test('what the former process still says, and the first word of the new one, make no second restart', async () => {
    const { engine, host } = await place({ times: { askAgainMs: 20 } });
    const { events } = await startKernel(host);
    await events.until('ready');
    const say = engine.say.bind(engine);
    engine.say = (message) => {
      if (message.channel !== 'iopub') say(message);
    };
    say(statusOfEngine('restarting'));
    const questions = () => engine.heard.filter(({ header }) => header.msg_type === 'kernel_info_request').length;
    await waitUntil('the new process is asked', () => questions() > 3);
    say(statusOfEngine('idle'));
    say(statusOfEngine('starting'));
    engine.say = say;
    await events.until('ready', 2);
    expect(events.ofType('restarting')).toHaveLength(1);
  });

  test('a request that a broken connection cut off is over when the kernel answers a later one', async () => {
    const { engine, host } = await place();
    const { events, kernel } = await startKernel(host);
    await events.until('ready');
    const id = await sendCode(kernel, 'lost()');
    engine.print(id, 'begun');
    await events.untilChild(id, 'stream');
    for (const socket of engine.clients) socket.terminate();
    await events.until('ready', 2);
    const order = events.all.map(({ type }) => type);
    expect(order.lastIndexOf('gap')).toBeLessThan(order.lastIndexOf('ready'));
    expect(engine.heard.filter(({ header }) => header.msg_type === 'execute_request')).toHaveLength(1);
  });

  test('a connection that breaks with nothing on its way is a gap, and no new start', async () => {
    const { engine, host } = await place();
    const { events, kernel } = await startKernel(host);
    await events.until('ready');
    for (const socket of engine.clients) socket.terminate();
    await events.until('gap');
    await sendCode(kernel, 'next()');
    await waitUntil('the request came', () => engine.heard.some(({ header }) => header.msg_type === 'execute_request'));
    expect(events.ofType('ready')).toHaveLength(1);
  });

  test('the answers to the adapter’s own questions are for nobody else', async () => {
    const { host } = await place();
    const { events } = await startKernel(host);
    await events.until('ready');
    expect(events.messages).toEqual([]);
  });

  test('who listens and fails does not cut off who listens beside', async () => {
    const { engine, host, logged } = await place();
    const { kernelId } = await startKernel(host);
    const beside = new KernelEvents();
    const failing = (): void => {
      throw new Error('on purpose');
    };
    await host.attach(kernelId, { fromSeq: 0, fence: 1 }, failing);
    await host.attach(kernelId, { fromSeq: 0, fence: 1 }, beside.listener);
    await beside.until('ready');
    engine.print('r', 'heard');
    await waitUntil('it is heard', () => beside.textOf('r') === 'heard');
    expect(logged.join('\n')).toMatch(/a listener failed.*on purpose/);
  });
});
