/** The kernel channels of a real hub with a real ipykernel, as stock Jupyter clients use them. */
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import type { KernelMessage } from '@cokernel/proto/jupyter';
import type { ChannelProgram, ClientTraits } from '../support/channel-client.js';
import { ChannelHub } from '../support/channel-hub.js';
import { TOKEN } from '../support/test-hub.js';
import type { HubPlace, TestHub } from '../support/test-hub.js';
import { waitUntil } from '../support/wait-until.js';

const SLOW_MS = 120_000;
const text = (reply: KernelMessage): string => JSON.stringify(reply.content);

let all: ChannelHub;
let hub: TestHub;
let place: HubPlace;

beforeAll(async () => {
  all = await ChannelHub.start();
  ({ hub, place } = all);
}, SLOW_MS);

afterEach(() => all.hangUp());

afterAll(() => all.stop(), SLOW_MS);

const connect = (traits?: ClientTraits, kernelId?: string): Promise<ChannelProgram> => all.connect(traits, kernelId);

describe.each(['v1', 'default'] as const)('in the %s protocol', (protocol) => {
  test(
    '[J5] every request of shell is answered through the channel',
    async () => {
      const client = await connect({ protocol });
      const executed = client.execute('alpha_beta = 41\nalpha_beta + 1');
      expect((await client.answered(executed)).content).toMatchObject({ status: 'ok' });
      const said = ['busy', 'execute_input', 'execute_reply', 'execute_result', 'idle'];
      expect(client.typesOf(executed).sort()).toEqual(said);
      expect(text(await client.ask('kernel_info_request'))).toContain('ipython');
      // On a busy machine IPython gives up looking for names, and answers without any.
      const completed = async (): Promise<string> =>
        text(await client.ask('complete_request', { code: 'alpha_', cursor_pos: 6 }));
      await waitUntil('the name is completed', async () => (await completed()).includes('alpha_beta'));
      const inspected = await client.ask('inspect_request', { code: 'alpha_beta', cursor_pos: 3, detail_level: 0 });
      expect(inspected.content).toMatchObject({ status: 'ok', found: true });
      const history = { hist_access_type: 'tail', n: 5, output: false, raw: true };
      expect(text(await client.ask('history_request', history))).toContain('alpha_beta = 41');
      expect((await client.ask('is_complete_request', { code: 'for x in y:' })).content).toMatchObject({
        status: 'incomplete',
      });
      expect((await client.ask('comm_info_request')).content).toMatchObject({ status: 'ok', comms: {} });
      expect((await client.ask('connect_request')).header.msg_type).toBe('connect_reply');
    },
    SLOW_MS,
  );

  test(
    '[J5] every request of control is answered through the channel, and a question on stdin',
    async () => {
      const client = await connect({ protocol });
      const control = { channel: 'control' } as const;
      expect((await client.ask('interrupt_request', {}, control)).content).toEqual({ status: 'ok' });
      expect(text(await client.ask('usage_request', {}, control))).toContain('kernel_cpu');
      const { content } = await client.ask('create_subshell_request', {}, control);
      const { subshell_id: subshell } = z.object({ subshell_id: z.string() }).parse(content);
      expect(text(await client.ask('list_subshell_request', {}, control))).toContain(subshell);
      const inspection = { code: 'print', cursor_pos: 5, detail_level: 0 };
      const beside = await client.ask('inspect_request', inspection, { header: { subshell_id: subshell } });
      expect(beside.content).toMatchObject({ found: true });
      await client.ask('delete_subshell_request', { subshell_id: subshell }, control);
      const debug = { type: 'request', seq: 1, command: 'debugInfo', arguments: {} };
      expect(text(await client.ask('debug_request', debug, control))).toContain('"command":"debugInfo"');
      const asking = client.execute('print("hi", input("Name? "))');
      const question = await client.heard('input_request');
      client.request('input_reply', { value: 'Ann' }, { channel: 'stdin', parent: question });
      expect((await client.answered(asking)).content).toMatchObject({ status: 'ok' });
      expect(client.printed()).toContain('hi Ann');
    },
    SLOW_MS,
  );

  test(
    '[J6] types that nobody knows pass both ways, buffers with them',
    async () => {
      const client = await connect({ protocol });
      const setUp = [
        'from ipykernel.comm import Comm',
        'ip = get_ipython().kernel',
        'def opened(comm, message):',
        '    def heard(m):',
        '        ip.session.send(ip.iopub_socket, "odd_news", {"twice": m["content"]["data"]["n"] * 2},',
        '            ident=b"odd", buffers=[bytes(b) for b in m["buffers"]])',
        '    comm.on_msg(heard)',
        'ip.comm_manager.register_target("odd", opened)',
      ];
      await client.run(setUp.join('\n'));
      const data = { comm_id: `odd-${protocol}`, data: {} };
      client.request('comm_open', { ...data, target_name: 'odd' });
      client.request('comm_msg', { ...data, data: { n: 21 } }, { buffers: [Uint8Array.of(1, 2, 3)] });
      const news = await client.heard('odd_news');
      expect(news.content).toEqual({ twice: 42 });
      expect(news.buffers.map((buffer) => [...buffer])).toEqual([[1, 2, 3]]);
      const odd = client.request('odd_request', { any: 'thing' });
      await waitUntil('the kernel has looked at it', () => client.typesOf(odd).includes('idle'));
    },
    SLOW_MS,
  );
});

describe('two clients', () => {
  test(
    '[S2] both hear what the kernel says, and each gets the replies to its own requests alone',
    async () => {
      const [ann, bob] = [await connect(), await connect({ protocol: 'default', username: 'bob' })];
      const request = ann.execute('print("for both")\nx = input("Who? ")');
      await ann.heard('input_request');
      ann.request('input_reply', { value: 'a' }, { channel: 'stdin' });
      await ann.answered(request);
      await waitUntil('the other has seen its end', () => bob.typesOf(request).includes('idle'));
      expect(bob.typesOf(request)).toEqual(['busy', 'execute_input', 'stream', 'idle']);
      expect(bob.printed()).toContain('for both');
    },
    SLOW_MS,
  );

  test('[J6] each is welcomed by the kernel that does so, before it hears anything else', async () => {
    for (const protocol of ['v1', 'default'] as const) {
      const client = await connect({ protocol });
      await client.run('1');
      expect(client.messages[0]?.header.msg_type).toBe('iopub_welcome');
    }
  });

  test(
    '[J18] a question is answered by the client that is asked, once; a stale or foreign answer is not heard',
    async () => {
      const [ann, bob] = [await connect(), await connect()];
      const request = ann.execute('a = input("First? ")\nb = input("Second? ")\nprint(a, b)');
      const first = await ann.heard('input_request');
      bob.request('input_reply', { value: 'Eve' }, { channel: 'stdin', parent: first });
      await bob.ask('list_subshell_request', {}, { channel: 'control' });
      expect(bob.ofType('input_request')).toEqual([]);
      ann.request('input_reply', { value: 'one' }, { channel: 'stdin', parent: first });
      await waitUntil('the second question comes', () => ann.ofType('input_request').length === 2);
      ann.request('input_reply', { value: 'stale' }, { channel: 'stdin', parent: first });
      ann.request('input_reply', { value: 'two' }, { channel: 'stdin' });
      await ann.answered(request);
      expect(ann.printed()).toContain('one two');
      expect(hub.stderr()).not.toContain('failed');
    },
    SLOW_MS,
  );

  test(
    "an error ends what its own client has waiting, and nobody else's",
    async () => {
      const [ann, bob] = [await connect(), await connect({ username: 'bob' })];
      const failing = ann.execute('import time; time.sleep(0.3); 1/0');
      const rest = ann.execute('print("never")');
      await waitUntil('it has begun', () => bob.typesOf(failing).includes('busy'));
      const others = bob.execute('print("of bob")');
      const completed = bob.request('complete_request', { code: 'prin', cursor_pos: 4 });
      expect((await ann.answered(failing)).content).toMatchObject({ status: 'error', ename: 'ZeroDivisionError' });
      expect((await ann.answered(rest)).content).toMatchObject({ status: 'aborted' });
      expect(ann.typesOf(rest).slice(0, 3)).toEqual(['busy', 'execute_reply', 'idle']);
      expect((await bob.answered(others)).content).toMatchObject({ status: 'ok' });
      expect((await bob.answered(completed)).content).toMatchObject({ status: 'ok' });
      const lenient = ann.execute('1/0', { stop_on_error: false });
      const next = ann.execute('print("goes on")');
      expect((await ann.answered(next)).content).toMatchObject({ status: 'ok' });
      expect((await ann.answered(lenient)).content).toMatchObject({ status: 'error' });
    },
    SLOW_MS,
  );
});

describe('an execute_request', () => {
  test(
    'that fails ends nothing that its client asks after it has heard of that',
    async () => {
      const client = await connect();
      for (let round = 0; round < 10; round += 1) {
        const failing = client.execute('1/0');
        const isReply = ({ header }: KernelMessage): boolean => header.msg_type === 'execute_reply';
        await waitUntil('its reply comes', () => client.childrenOf(failing).some(isReply));
        expect((await client.run('round')).content).not.toMatchObject({ status: 'aborted' });
      }
    },
    SLOW_MS,
  );

  test(
    'is a run like any other: it waits in the one queue, and its output stands in its transcript',
    async () => {
      const client = await connect({ username: 'carol' });
      const request = client.execute('print("kept")');
      await client.answered(request);
      const runId = request.header.msg_id;
      const address = `${hub.url}/api/hub/runs/${runId}/transcript`;
      const transcript = async (): Promise<string> =>
        (await fetch(address, { headers: { authorization: `token ${TOKEN}` } })).text();
      await waitUntil('its output stands there', async () => (await transcript()).includes('kept'));
      const status = async (): Promise<unknown> =>
        (await hub.rest('GET', `/api/kernels/${all.kernelId}/requests/${runId}`)).json;
      await waitUntil('its end is settled', async () => JSON.stringify(await status()).includes('"succeeded"'));
    },
    SLOW_MS,
  );

  test(
    'happens once, however often it comes; and an id that was used is refused, as is one that no run can have',
    async () => {
      const client = await connect();
      await client.run('count = 0');
      const once = client.execute('count += 1');
      client.send(once);
      await client.answered(once);
      expect(client.typesOf(once).filter((type) => type === 'execute_reply')).toHaveLength(1);
      const status = async (): Promise<unknown> =>
        (await hub.rest('GET', `/api/kernels/${all.kernelId}/requests/${once.header.msg_id}`)).json;
      await waitUntil('its end is settled', async () => JSON.stringify(await status()).includes('"succeeded"'));
      const again = await connect();
      again.send(once);
      expect((await again.answered(once)).content).toMatchObject({ status: 'aborted' });
      const odd = await client.run('count += 1', {}, { msgId: '../../etc/passwd' });
      expect(odd.content).toMatchObject({ status: 'aborted' });
      expect((await client.ask('execute_request', {})).content).toMatchObject({ status: 'aborted' });
      await client.run('print("count", count)');
      expect(client.printed()).toContain('count 1');
    },
    SLOW_MS,
  );

  test(
    'keeps what its client wished: silent, no history, expressions, no stdin',
    async () => {
      const client = await connect();
      const before = z.object({ execution_count: z.number() });
      const { execution_count: count } = before.parse((await client.run('1')).content);
      const quiet = client.execute('q = 1', { silent: true });
      await client.answered(quiet);
      expect(client.typesOf(quiet)).not.toContain('execute_input');
      const reply = await client.run('2', { store_history: false, user_expressions: { sum: 'q + 1' } });
      expect(reply.content).toMatchObject({ execution_count: count, user_expressions: { sum: { status: 'ok' } } });
      expect((await client.run('input()', { allow_stdin: false })).content).toMatchObject({
        ename: 'StdinNotImplementedError',
      });
    },
    SLOW_MS,
  );

  test(
    'comes before what its client sends after it, though others wait in between',
    async () => {
      const [ann, bob] = [await connect(), await connect()];
      const long = bob.execute('import time; time.sleep(0.5)');
      await waitUntil('it has begun', () => ann.typesOf(long).includes('busy'));
      ann.execute('only_after_this_run = 1');
      const inspection = { code: 'only_after_this_run', cursor_pos: 19, detail_level: 0 };
      expect((await ann.ask('inspect_request', inspection)).content).toMatchObject({ found: true });
    },
    SLOW_MS,
  );
});

describe('while a cell runs', () => {
  test(
    'kernel_info is answered at once, with its busy and idle, and that the kernel is busy',
    async () => {
      const ann = await connect();
      const long = ann.execute('input("Waits? ")');
      await ann.heard('input_request');
      const late = await connect();
      const asked = late.request('kernel_info_request');
      expect((await late.answered(asked)).content).toMatchObject({ status: 'ok', implementation: 'ipython' });
      expect(late.typesOf(asked)).toEqual(['busy', 'kernel_info_reply', 'idle']);
      await waitUntil('it is told', () => late.typesOf(long).includes('busy'));
      expect(late.messages.at(-1)?.content).toEqual({ execution_state: 'busy' });
      const sessions = new Set(late.messages.map(({ header }) => header.session));
      expect(sessions).toEqual(new Set([ann.messages.at(0)?.header.session]));
      await ann.ask('interrupt_request', {}, { channel: 'control' });
      expect((await ann.answered(long)).content).toMatchObject({ ename: 'KeyboardInterrupt' });
    },
    SLOW_MS,
  );
});

describe('the end of a kernel', () => {
  test(
    '[J12] that dies is told to every client as restarting; the run that it had is answered, and so is what waits',
    async () => {
      const id = await all.startKernel();
      const [ann, bob] = [await connect({}, id), await connect({ protocol: 'default' }, id)];
      const file = path.join(place.data, 'let it die');
      const untilThen = `while not os.path.exists(${JSON.stringify(file)}): time.sleep(0.01)`;
      const lost = ann.execute(`import os, time\n${untilThen}\nos._exit(1)`);
      await waitUntil('it has begun', () => bob.typesOf(lost).includes('busy'));
      const waits = bob.request('complete_request', { code: 'a', cursor_pos: 1 });
      // Answered by the hub, in the order in which it hears: it has that request too.
      await bob.ask('kernel_info_request');
      await writeFile(file, '');
      expect((await ann.answered(lost)).content).toMatchObject({ status: 'aborted' });
      expect((await bob.answered(waits)).content).toMatchObject({ status: 'aborted' });
      for (const client of [ann, bob]) {
        const states = client.ofType('status').map(({ content }) => content['execution_state']);
        expect(states).toContain('restarting');
      }
      // Asked while it starts again: answered when it is ready.
      expect((await ann.ask('kernel_info_request')).content).toMatchObject({ status: 'ok' });
      expect((await hub.rest('DELETE', `/api/kernels/${id}`)).status).toBe(204);
    },
    SLOW_MS,
  );

  test(
    'by REST: a restart is told to every client, with the session id that the kernel had, and then the new one',
    async () => {
      const id = await all.startKernel();
      const client = await connect({}, id);
      await client.run('before = 1');
      const session = client.messages[0]?.header.session;
      expect((await hub.rest('POST', `/api/kernels/${id}/restart`, {})).status).toBe(200);
      const told = () => client.ofType('status').find(({ content }) => content['execution_state'] === 'restarting');
      await waitUntil('it is told', () => told() !== undefined);
      expect(told()?.header.session).toBe(session);
      expect((await client.run('before')).content).toMatchObject({ ename: 'NameError' });
      expect(client.messages.at(-1)?.header.session).not.toBe(session);
      expect((await hub.rest('DELETE', `/api/kernels/${id}`)).status).toBe(204);
      await waitUntil('its end is told', () => client.messages.at(-1)?.content['execution_state'] === 'dead');
      expect(await client.isClosed()).toMatchObject({ code: 4404 });
    },
    SLOW_MS,
  );

  test(
    'by a client: shutdown_request is answered, then the kernel is gone; with restart it is new',
    async () => {
      const id = await all.startKernel();
      const client = await connect({}, id);
      await client.run('before = 1');
      const control = { channel: 'control' } as const;
      expect((await client.ask('shutdown_request', { restart: true }, control)).content).toEqual({
        status: 'ok',
        restart: true,
      });
      await waitUntil('it restarts', () =>
        client.ofType('status').some(({ content }) => content['execution_state'] === 'restarting'),
      );
      expect((await client.run('before')).content).toMatchObject({ ename: 'NameError' });
      await client.ask('shutdown_request', { restart: false }, control);
      expect(await client.isClosed()).toMatchObject({ code: 4404 });
      expect((await hub.rest('GET', `/api/kernels/${id}`)).status).toBe(404);
    },
    SLOW_MS,
  );
});
