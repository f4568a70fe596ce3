/** Comms and debug messages of a real ipykernel, as clients of its channels see them. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import type { KernelMessage } from '@cokernel/proto/jupyter';
import { buildMessage, commClose, commInfoRequest, commMessage, commOpen, parentId } from '@cokernel/proto/jupyter';
import { RealSession, printed, untilFile } from '../support/real-session.js';
import { waitUntil } from '../support/wait-until.js';

const SLOW_MS = 120_000;
let real: RealSession;

/** A widget by hand, and a target that echoes what it gets, turned around. */
const COMMS = `
from comm import create_comm
import ipykernel
widget = create_comm(comm_id='w', target_name='jupyter.widget', data={'state': {'value': 1, 'name': 'a'}, 'buffer_paths': [['image']]}, buffers=[b'\\x01\\x02'])
heard = []
@widget.on_msg
def moved(msg):
    heard.append(msg['content']['data'])
    widget.send({'method': 'update', 'state': {'value': msg['content']['data']['state']['value'] * 10}, 'buffer_paths': []})
def opened(opened_comm, msg):
    @opened_comm.on_msg
    def echo(msg):
        opened_comm.send({'got': msg['content']['data']}, buffers=[bytes(reversed(bytes(one))) for one in msg['buffers']])
get_ipython().kernel.comm_manager.register_target('echo', opened)
`;

beforeAll(async () => {
  real = await RealSession.start();
  expect((await real.run(COMMS)).at(-1)).toMatchObject({ state: 'succeeded', reason: null });
}, SLOW_MS);
afterAll(() => real.stop(), SLOW_MS);

const from = (client: string) => ({
  msgId: randomUUID(),
  session: client,
  username: client,
  date: new Date().toISOString(),
});

/** The hub's own answer, without the states around it. */
async function answer(request: KernelMessage): Promise<KernelMessage | undefined> {
  const said = await real.session.forward(request);
  expect(
    said.filter(({ header }) => header.msg_type === 'status').map(({ content }) => content['execution_state']),
  ).toEqual(said.length === 0 ? [] : ['busy', 'idle']);
  return said.find(({ header }) => header.msg_type !== 'status');
}

const stateOf = async (client: string) =>
  answer(commMessage(from(client), { commId: 'w', data: { method: 'request_state' } }));

async function occupied() {
  const file = real.newFile();
  const runId = await real.begin(untilFile(file));
  await waitUntil('it runs', () => real.session.currentRun?.runId === runId);
  return async (): Promise<void> => {
    await writeFile(file, '');
    await real.endOf(runId);
  };
}

describe('comms', () => {
  test(
    '[X15] binary buffers go both ways between a client and a target in the kernel',
    async () => {
      await real.session.forward(commOpen(from('ann'), 'echo', { commId: 'e' }));
      const request = commMessage(from('ann'), {
        commId: 'e',
        data: { n: 1 },
        buffers: [Uint8Array.of(1, 2, 3), Uint8Array.of()],
      });
      expect(await real.session.forward(request)).toEqual([]);
      const echo = () => real.ofType('comm_msg').find((message) => parentId(message) === request.header.msg_id);
      await waitUntil('the echo comes', () => echo() !== undefined);
      expect(echo()?.content).toEqual({ comm_id: 'e', data: { got: { n: 1 } } });
      expect(echo()?.buffers.map((bytes) => [...bytes])).toEqual([[3, 2, 1], []]);
    },
    SLOW_MS,
  );

  test(
    '[X15] a client that comes late gets every comm and a widget’s state at once, while a cell runs',
    async () => {
      const letGo = await occupied();
      const info = await answer(commInfoRequest(from('late'), 'jupyter.widget'));
      expect(info?.content).toEqual({ status: 'ok', comms: { w: { target_name: 'jupyter.widget' } } });
      const state = await stateOf('late');
      expect(state?.content).toMatchObject({
        comm_id: 'w',
        data: { method: 'update', state: { value: 1, name: 'a' }, buffer_paths: [['image']] },
      });
      expect(state?.buffers.map((bytes) => [...bytes])).toEqual([[1, 2]]);
      // As the kernel itself says it.
      expect(state?.header.session).toBe(real.ofType('status').at(-1)?.header.session);
      await letGo();
    },
    SLOW_MS,
  );

  test(
    '[X15] what one client moves, the next one sees',
    async () => {
      const move = commMessage(from('ann'), {
        commId: 'w',
        data: { method: 'update', state: { value: 7 }, buffer_paths: [] },
      });
      expect(await answer(move)).toBeUndefined();
      const idle = () =>
        real
          .ofType('status')
          .some((m) => parentId(m) === move.header.msg_id && m.content['execution_state'] === 'idle');
      await waitUntil('the kernel has moved it', idle);
      expect((await stateOf('late'))?.content['data']).toMatchObject({ state: { value: 70, name: 'a' } });
    },
    SLOW_MS,
  );

  test(
    '[X15] one client can’t close another’s comm, nor the kernel’s, and is told so',
    async () => {
      const refused = [commClose(from('ben'), { commId: 'e' }), commClose(from('ann'), { commId: 'w' })];
      for (const close of refused) {
        expect((await answer(close))?.content).toMatchObject({
          name: 'stderr',
          text: expect.stringContaining('not closed'),
        });
      }
      const open = 'print(sorted(get_ipython().kernel.comm_manager.comms))';
      expect(printed(await real.run(open))).toBe("['e', 'w']\n");
      expect(await answer(commClose(from('ann'), { commId: 'e' }))).toBeUndefined();
      await waitUntil('it is closed', async () => printed(await real.run(open)) === "['w']\n");
      expect((await answer(commInfoRequest(from('late'))))?.content['comms']).toEqual({
        w: { target_name: 'jupyter.widget' },
      });
    },
    SLOW_MS,
  );

  test(
    '[X15] [X19] are known to a hub that takes the kernel over, with the widget’s state as it is now',
    async () => {
      real = await real.takenOver();
      const letGo = await occupied();
      expect((await answer(commInfoRequest(from('late'))))?.content['comms']).toEqual({
        w: { target_name: 'jupyter.widget' },
      });
      expect((await stateOf('late'))?.content['data']).toMatchObject({ state: { value: 70, name: 'a' } });
      await letGo();
    },
    SLOW_MS,
  );

  test(
    '[X15] are gone after a restart',
    async () => {
      await real.session.restart('Ann');
      await waitUntil('the kernel is back', () => real.session.view().status === 'idle');
      expect((await answer(commInfoRequest(from('late'))))?.content['comms']).toEqual({});
      expect(await stateOf('late')).toBeUndefined();
    },
    SLOW_MS,
  );
});

describe('debug messages', () => {
  test(
    '[J5] [J6] requests get their replies on control, and events come on iopub',
    async () => {
      const debug = async (command: string, seq: number, args: object): Promise<KernelMessage> => {
        const content = { type: 'request', seq, command, arguments: args };
        const request = buildMessage(from('ann'), { channel: 'control', msgType: 'debug_request', content });
        await real.session.forward(request);
        const reply = () => real.ofType('debug_reply').find((message) => parentId(message) === request.header.msg_id);
        await waitUntil(`${command} is answered`, () => reply() !== undefined);
        return reply() ?? request;
      };
      const initialize = { clientID: 'test', adapterID: '', pathFormat: 'path', linesStartAt1: true };
      expect(await debug('initialize', 1, initialize)).toMatchObject({
        channel: 'control',
        content: { success: true },
      });
      expect((await debug('debugInfo', 2, {})).content).toMatchObject({
        success: true,
        body: { isStarted: expect.any(Boolean) },
      });
      expect((await debug('attach', 3, {})).content).toMatchObject({ success: true });
      await waitUntil('an event comes', () => real.ofType('debug_event').length > 0);
      expect(real.ofType('debug_event')[0]).toMatchObject({ channel: 'iopub', content: { type: 'event' } });
    },
    SLOW_MS,
  );
});
