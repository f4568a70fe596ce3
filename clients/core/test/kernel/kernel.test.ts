import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { userInfo } from 'node:os';
import { KernelId } from '@cokernel/proto/hub';
import {
  buildMessage,
  encodeDefault,
  executeRequest,
  kernelInfoRequest,
  streamMessage,
  type KernelMessage,
} from '@cokernel/proto/jupyter';
import { HubClient, type Kernel, type KernelConnectionState, type MessageRefused } from '../../src/index.js';
import { SmallKernel } from '../support/small-kernel.js';
import { until } from '../support/until.js';

const id = KernelId.parse('k');
let server: SmallKernel;
let kernel: Kernel | null;
let logged: string[];

beforeEach(async () => {
  await serve('v1');
});

afterEach(async () => {
  kernel?.close();
  await server.stop();
});

async function serve(protocol: 'v1' | 'default'): Promise<void> {
  server = new SmallKernel(protocol);
  kernel = null;
  logged = [];
  await server.start();
}

function connect(options: { readonly session?: string; readonly username?: string } = {}): Promise<Kernel> {
  return new HubClient({ url: server.url, token: 'T' }, { log: (line) => logged.push(line) }).connectKernel(
    id,
    options,
  );
}

async function opened(options: Parameters<typeof connect>[0] = {}): Promise<Kernel> {
  kernel = await connect(options);
  return kernel;
}

function statesOf({ connection$ }: Kernel): KernelConnectionState[] {
  const states: KernelConnectionState[] = [];
  connection$.subscribe((state) => states.push(state));
  return states;
}

function messagesOf({ messages$ }: Kernel): KernelMessage[] {
  const messages: KernelMessage[] = [];
  messages$.subscribe((message) => messages.push(message));
  return messages;
}

function stdout(text: string): KernelMessage {
  const { header } = kernelInfoRequest({ msgId: 'r', session: 's', username: '', date: '' });
  return streamMessage({ msgId: text, session: 'kernel', username: '', date: '', parent: header }, 'stdout', text);
}

function textsOf(messages: readonly KernelMessage[]): unknown[] {
  return messages.map((message) => message.content['text']);
}

describe.each(['v1', 'default'] as const)('[E1] over the %s protocol', (protocol) => {
  test('what is sent and what comes is the same, buffers included', async () => {
    await server.stop();
    await serve(protocol);
    const messages = messagesOf(await opened());
    const content = { comm_id: 'c', data: { n: 1 } };
    const buffers = [new Uint8Array([1, 2, 3]), new Uint8Array(0)];
    const message = buildMessage(kernel!.sender(), { channel: 'shell', msgType: 'comm_msg', content, buffers });
    kernel!.send(message);
    await until(() => server.received.length === 1);
    expect(server.received).toEqual([message]);
    server.tell(message);
    await until(() => messages.length === 1);
    expect(messages).toEqual([message]);
  });
});

describe('[E1] a message without a known channel', () => {
  test.each([
    ['none', undefined],
    ['one that nobody has', 'heartbeat'],
    ['iopub, which only the kernel speaks on', 'iopub'],
  ])('%s is refused with an error and ends nothing', async (_name, channel) => {
    const { messages$, sender, send } = bound(await opened());
    const messages = messagesOf(kernel!);
    const good = kernelInfoRequest(sender());
    const bad: KernelMessage = JSON.parse(JSON.stringify({ ...good, channel }));
    expect(() => send(bad)).toThrow(expect.objectContaining({ name: 'MessageRefused', code: 'unknownChannel' }));
    expect(() => messages$.next(bad)).toThrow(expect.objectContaining({ code: 'unknownChannel' }));
    messages$.next(good);
    await until(() => server.received.length === 1);
    expect(server.received[0]).toEqual(good);
    server.tell(stdout('a'));
    await until(() => messages.length === 1);
  });
});

function bound(one: Kernel): Pick<Kernel, 'messages$' | 'sender' | 'send'> {
  return { messages$: one.messages$, sender: () => one.sender(), send: (message) => one.send(message) };
}

describe('[E2] the streams of each channel', () => {
  test('carry their own messages, and send only those', async () => {
    const { shell$, iopub$, control$ } = await opened();
    const seen: string[] = [];
    shell$.subscribe(() => seen.push('shell'));
    iopub$.subscribe(() => seen.push('iopub'));
    server.tell(stdout('a'));
    await until(() => seen.length === 1);
    expect(seen).toEqual(['iopub']);
    const onShell = kernelInfoRequest(kernel!.sender());
    expect(() => control$.next(onShell)).toThrow(expect.objectContaining({ code: 'unknownChannel' }));
    shell$.next(onShell);
    await until(() => server.received.length === 1);
  });

  test('completing one ends it alone; completing all closes the socket, once', async () => {
    const { shell$, control$, stdin$, iopub$ } = await opened();
    const states = statesOf(kernel!);
    const ended: string[] = [];
    const closes: number[] = [];
    server.sockets[0]?.on('close', (code) => closes.push(code));
    kernel!.messages$.subscribe({ complete: () => ended.push('messages') });
    shell$.subscribe({ complete: () => ended.push('shell') });
    shell$.complete();
    const refused: Partial<MessageRefused> = { code: 'channelClosed' };
    expect(() => kernel!.send(kernelInfoRequest(kernel!.sender()))).toThrow(expect.objectContaining(refused));
    expect([ended, states.at(-1)]).toEqual([['shell'], { state: 'connected' }]);
    for (const stream of [control$, stdin$, iopub$, shell$, kernel!.messages$]) stream.complete();
    kernel!.close();
    await until(() => closes.length > 0);
    expect([ended, states]).toEqual([
      ['shell', 'messages'],
      [{ state: 'connected' }, { state: 'ended', reason: null }],
    ]);
    expect(closes).toEqual([1000]);
    expect(server.upgrades).toHaveLength(1);
  });

  test('a source that breaks ends what it was piped into, and is logged', async () => {
    const { messages$ } = await opened();
    messages$.error(new Error('torn'));
    expect(messages$.completed).toBe(true);
    expect(logged).toEqual([expect.stringContaining('torn')]);
  });
});

test('[E3] what comes can’t be changed by one reader under another', async () => {
  const messages = messagesOf(await opened());
  server.tell(stdout('a'));
  await until(() => messages.length === 1);
  expect(() => Object.assign(messages[0]?.content ?? {}, { text: 'b' })).toThrow(TypeError);
  expect(textsOf(messages)).toEqual(['a']);
});

describe('[E7] user name and session', () => {
  test('the login name and a session of its own are in each header', async () => {
    const first = await opened();
    const second = await connect();
    second.close();
    const request = executeRequest(first.sender(), { code: '1' });
    expect(request.header).toMatchObject({ username: userInfo().username, session: first.session });
    expect(second.session).not.toBe(first.session);
    expect(server.upgrades[0]).toContain(`session_id=${first.session}`);
  });

  test('those given are taken', async () => {
    const sender = (await opened({ session: 'mine', username: 'ann' })).sender();
    expect(sender).toMatchObject({ session: 'mine', username: 'ann' });
  });
});

describe('[S2] a connection that can’t be made rejects', () => {
  test('no such kernel', async () => {
    server.status = 404;
    await expect(connect()).rejects.toMatchObject({ name: 'HubError', kind: 'refused', status: 404 });
  });

  test('no server', async () => {
    await server.stop();
    await expect(connect()).rejects.toMatchObject({ name: 'HubError', kind: 'unreachable' });
    await serve('v1');
  });

  test('a socket that does not open', async () => {
    server.closedDoor = true;
    await expect(connect()).rejects.toMatchObject({ name: 'HubError', kind: 'unreachable' });
    expect(server.upgrades.length).toBeGreaterThan(0);
  });
});

describe('[S2] a connection that is lost', () => {
  test('comes back with the same session and says what came last; what was sent meanwhile arrives in order', async () => {
    const one = await opened({ session: 'mine' });
    const [states, messages] = [statesOf(one), messagesOf(one)];
    server.tell(stdout('a'));
    await until(() => messages.length === 1);
    server.status = 503;
    server.sockets[0]?.terminate();
    await until(() => states.at(-1)?.state === 'disconnected');
    const requests = ['1', '2'].map((code) => executeRequest(one.sender(), { code }));
    for (const request of requests) one.send(request);
    const reply = one.request(executeRequest(one.sender(), { code: '3' }));
    server.status = 200;
    await until(() => server.received.length === 3);
    expect(server.received.slice(0, 2)).toEqual(requests);
    expect(server.upgrades[1]).toContain('session_id=mine');
    expect(server.upgrades[1]).toContain('last_msg_id=a');
    server.reply(server.received[2]!, 'b');
    await expect(reply).resolves.toMatchObject({ content: { status: 'ok' } });
    expect(states.map(({ state }) => state)).toEqual(['connected', 'disconnected', 'connected']);
  });

  test('and was away for a restart of the server comes back too', async () => {
    const states = statesOf(await opened());
    await server.stop();
    await until(() => states.at(-1)?.state === 'disconnected');
    await server.start();
    await until(() => states.at(-1)?.state === 'connected');
  });

  test.each([
    [4409, 'This session was opened again elsewhere; here it has ended.'],
    [4401, 'The hub refused the token: open the URL that the hub printed.'],
    [4404, 'This kernel has ended.'],
  ])('with code %i stays away, and says why', async (code, reason) => {
    const one = await opened();
    const states = statesOf(one);
    const reply = one.request(executeRequest(one.sender(), { code: '1' }));
    server.sockets[0]?.close(code);
    await expect(reply).rejects.toMatchObject({ name: 'MessageRefused', code: 'ended' });
    expect(states.at(-1)).toEqual({ state: 'ended', reason });
    expect(() => one.send(executeRequest(one.sender(), { code: '1' }))).toThrow(
      expect.objectContaining({ code: 'ended' }),
    );
    expect(server.upgrades).toHaveLength(1);
  });

  test('for a kernel that is gone by then ends', async () => {
    const states = statesOf(await opened());
    server.status = 404;
    server.sockets[0]?.close(1001);
    await until(() => states.at(-1)?.state === 'ended');
    expect(states.at(-1)).toEqual({ state: 'ended', reason: 'This kernel has ended.' });
  });
});

test('[J3] a frame that can’t be read is logged and the next one comes', async () => {
  const messages = messagesOf(await opened());
  for (const frame of ['no json', new Uint8Array([1, 2, 3]), encodeDefault(stdout('text')), new Uint8Array(64)])
    server.tellRaw(frame);
  server.tell(stdout('a'));
  await until(() => messages.length > 0 && textsOf(messages).includes('a'));
  expect(logged.length).toBeGreaterThanOrEqual(3);
});
