/** What is open in a kernel, and what of it a client is told. */
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { KernelMessage } from '@cokernel/proto/jupyter';
import { decideComm } from '../../src/run/comm-requests.js';
import type { CommsState } from '../../src/run/comms.js';
import { NO_COMMS, afterClient, afterKernel, afterLoss } from '../../src/run/comms.js';
import { KernelComms } from '../../src/run/kernel-comms.js';
import { begins, clientSays, kernelSays, widgetOpens, widgetUpdate } from '../support/comm-messages.js';

const bounds = { maxBytes: 10_000, maxUnderWay: 2 };

type Step = (state: CommsState) => CommsState;
const kernel =
  (message: KernelMessage): Step =>
  (state) =>
    afterKernel(state, message, bounds);
const client =
  (message: KernelMessage): Step =>
  (state) =>
    afterClient(state, message, bounds);
const after = (...steps: readonly Step[]): CommsState => steps.reduce((state, step) => step(state), NO_COMMS);

const infoRequest = clientSays('late', { type: 'comm_info_request' });
const stateRequest = (id: string) =>
  clientSays('late', { type: 'comm_msg', id, content: { data: { method: 'request_state' } } });
const close = (session: string, id: string) => clientSays(session, { type: 'comm_close', id });

/** The content of the hub's own answer, or that there is none. */
function answered(state: CommsState, request: KernelMessage, isFree = false): unknown {
  const decision = decideComm(state, request, isFree);
  return decision.type === 'answer' ? decision.content : decision.type;
}

const widgetState = (state: CommsState, id = 'w'): unknown => {
  const content = answered(state, stateRequest(id));
  return typeof content === 'object' && content !== null && 'data' in content ? content.data : content;
};

describe('a client that comes late', () => {
  const open = after(
    kernel(widgetOpens('w', { value: 1, label: 'a' })),
    kernel(kernelSays({ type: 'comm_open', id: 'p', content: { target_name: 'plot', data: { n: 1 } } })),
    client(clientSays('ann', { type: 'comm_open', id: 'c', content: { target_name: 'chat' } })),
  );

  test('[X15] is told of every comm that is open, whoever opened it', () => {
    expect(answered(open, infoRequest)).toEqual({
      status: 'ok',
      comms: { w: { target_name: 'jupyter.widget' }, p: { target_name: 'plot' }, c: { target_name: 'chat' } },
    });
    const ofPlots = clientSays('late', { type: 'comm_info_request', content: { target_name: 'plot' } });
    expect(answered(open, ofPlots)).toMatchObject({ comms: { p: { target_name: 'plot' } } });
  });

  test.each<[string, Step[], unknown]>([
    ['as it was opened', [], { value: 1, label: 'a' }],
    [
      'after an update',
      [kernel(kernelSays({ type: 'comm_msg', id: 'w', content: widgetUpdate({ value: 2 }) }))],
      { value: 2, label: 'a' },
    ],
    [
      'after the echo of another client’s update',
      [kernel(kernelSays({ type: 'comm_msg', id: 'w', content: widgetUpdate({ value: 3 }, 'echo_update') }))],
      { value: 3, label: 'a' },
    ],
    [
      'and not what a custom message says',
      [kernel(kernelSays({ type: 'comm_msg', id: 'w', content: widgetUpdate({ value: 4 }, 'custom') }))],
      { value: 1, label: 'a' },
    ],
  ])('[X15] gets the state of a widget, %s', (_title, steps, expected) => {
    const state = steps.reduce((before, step) => step(before), open);
    expect(widgetState(state)).toEqual({ method: 'update', state: expected, buffer_paths: [] });
  });

  test('[X15] gets all widgets at once where it asks so', () => {
    const control = client(
      clientSays('late', { type: 'comm_open', id: 'x', content: { target_name: 'jupyter.widget.control' } }),
    );
    const model = { _model_name: 'M', _model_module: 'm', _model_module_version: '1', value: 1 };
    const bytes = Uint8Array.of(1, 2);
    const binary = {
      content: { target_name: 'jupyter.widget', data: { state: model, buffer_paths: [['image']] } },
      buffers: [bytes],
    };
    const request = clientSays('late', { type: 'comm_msg', id: 'x', content: { data: { method: 'request_states' } } });
    const state = after(kernel(kernelSays({ type: 'comm_open', id: 'w', ...binary })), control);
    expect(decideComm(state, request, true)).toEqual({
      type: 'answer',
      channel: 'iopub',
      msgType: 'comm_msg',
      content: {
        comm_id: 'x',
        data: {
          method: 'update_states',
          states: { w: { model_name: 'M', model_module: 'm', model_module_version: '1', state: model } },
          buffer_paths: [['w', 'state', 'image']],
        },
      },
      buffers: [bytes],
    });
  });

  test('[X15] gets binary values where they belong, the newest of each', () => {
    const update = (path: readonly unknown[], byte: number) =>
      kernel(
        kernelSays({
          type: 'comm_msg',
          id: 'w',
          content: { data: { method: 'update', state: { rows: [null, 2] }, buffer_paths: [path] } },
          buffers: [Uint8Array.of(byte)],
        }),
      );
    const state = after(
      kernel(widgetOpens('w', { value: 1 })),
      update(['rows', 0], 1),
      update(['image'], 2),
      update(['rows', 0], 3),
    );
    expect(decideComm(state, stateRequest('w'), false)).toMatchObject({
      content: { data: { state: { value: 1, rows: [null, 2] }, buffer_paths: [['rows', 0], ['image']] } },
      buffers: [Uint8Array.of(3), Uint8Array.of(2)],
    });
  });

  test('asks the kernel when something may be missing here, unless it is busy', () => {
    const lossy = afterLoss(open);
    expect(answered(lossy, infoRequest, true)).toBe('forward');
    expect(answered(lossy, infoRequest, false)).toMatchObject({ status: 'ok' });
    expect(answered(lossy, stateRequest('w'))).toBe('forward');
    const reply = kernelSays({ type: 'comm_info_reply', content: { comms: { n: { target_name: 'new' } } } });
    expect(answered(kernel(reply)(lossy), infoRequest)).toMatchObject({ comms: { n: { target_name: 'new' }, w: {} } });
  });
});

describe('a client’s update', () => {
  const opened = kernel(widgetOpens('w', { value: 0 }));
  const moves = (value: number) => clientSays('ann', { type: 'comm_msg', id: 'w', content: widgetUpdate({ value }) });
  const says = (value: number) => kernel(kernelSays({ type: 'comm_msg', id: 'w', content: widgetUpdate({ value }) }));

  test('[X15] counts from when the kernel begins with it, so that what the kernel had said before comes before', () => {
    const first = moves(5);
    const state = after(opened, client(first), says(1));
    expect(widgetState(state)).toMatchObject({ state: { value: 1 } });
    expect(widgetState(kernel(begins(first))(state))).toMatchObject({ state: { value: 5 } });
    expect(widgetState(says(6)(kernel(begins(first))(state)))).toMatchObject({ state: { value: 6 } });
  });

  test('of which there are too many under way lets the kernel answer for that widget', () => {
    const state = after(opened, client(moves(1)), client(moves(2)), client(moves(3)));
    expect(state.underWay.size).toBe(2);
    expect(widgetState(state)).toBe('forward');
  });
});

describe('closing', () => {
  const state = after(
    kernel(widgetOpens('w', {})),
    client(clientSays('ann', { type: 'comm_open', id: 'a', content: { target_name: 't' } })),
  );

  test.each([
    ['the kernel’s', 'ann', 'w', 'refuse'],
    ['another client’s', 'ben', 'a', 'refuse'],
    ['its own', 'ann', 'a', 'forward'],
    ['one that is not known', 'ben', 'gone', 'forward'],
  ])('[X15] a client that closes %s comm: %s, %s → %s', (_whose, session, id, expected) => {
    expect(decideComm(state, close(session, id), true).type).toBe(expected);
  });

  test('[X15] opening what another has opened does not make it one’s own', () => {
    const stolen = client(clientSays('ben', { type: 'comm_open', id: 'a', content: { target_name: 't' } }))(state);
    expect(decideComm(stolen, close('ben', 'a'), true).type).toBe('refuse');
  });

  test('a comm whose opening was told to an earlier hub only belongs to whom the kernel answers', () => {
    const opening = clientSays('ann', { type: 'comm_open', id: 'a', content: { target_name: 't' } });
    const heard = after(
      kernel(kernelSays({ type: 'comm_msg', id: 'a', content: { data: {} }, parent: opening.header })),
    );
    expect(decideComm(heard, close('ben', 'a'), true).type).toBe('refuse');
    expect(decideComm(heard, close('ann', 'a'), true).type).toBe('forward');
  });

  test('takes a comm out of the list', () => {
    const closedState = after(kernel(widgetOpens('w', {})), kernel(kernelSays({ type: 'comm_close', id: 'w' })));
    expect(closedState).toEqual(NO_COMMS);
  });
});

describe('the bound', () => {
  test('[X15] a widget that is too large is known, and its state is the kernel’s to tell', () => {
    const state = after(
      kernel(widgetOpens('small', { value: 1 })),
      kernel(widgetOpens('w', { value: 'x'.repeat(20_000) })),
    );
    expect(answered(state, infoRequest)).toMatchObject({ comms: { w: {}, small: {} } });
    expect(widgetState(state)).toBe('forward');
    expect(widgetState(state, 'small')).toMatchObject({ state: { value: 1 } });
  });

  test('holds whatever comes, and the bytes are counted right', () => {
    const id = fc.constantFrom('a', 'b', 'c');
    const anyState = fc.dictionary(
      fc.constantFrom('x', 'y'),
      fc.oneof(fc.string(), fc.constant('x'.repeat(4_000)), fc.integer()),
    );
    const paths = fc.array(fc.array(fc.oneof(fc.constant('x'), fc.nat(2), fc.constant(null)), { maxLength: 3 }), {
      maxLength: 3,
    });
    const content = fc.record({
      data: fc.record({ method: fc.constantFrom('update', 'custom'), state: anyState, buffer_paths: paths }),
    });
    const buffers = fc.array(fc.uint8Array({ maxLength: 3_000 }), { maxLength: 3 });
    const type = fc.constantFrom('comm_open' as const, 'comm_msg' as const, 'comm_close' as const);
    const said = fc.record({ type, id, content, buffers });
    const target = { target_name: 'jupyter.widget' };
    const step = fc.tuple(fc.boolean(), said).map(([byKernel, one]): Step => {
      const full = { ...one, content: { ...target, ...one.content } };
      return byKernel ? kernel(kernelSays(full)) : client(clientSays('ann', full));
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const state = after(...steps);
        const counted = [...state.comms.values()].reduce((sum, comm) => sum + 200 + (comm.state?.bytes ?? 0), 0);
        expect(state.bytes).toBe(counted);
        expect(state.bytes).toBeLessThanOrEqual(bounds.maxBytes);
        expect(state.underWay.size).toBeLessThanOrEqual(bounds.maxUnderWay);
      }),
    );
  });
});

describe('the hub’s answer', () => {
  const sender = () => ({ msgId: 'm', session: 'hub', username: 'cokernel', date: '' });

  test('[X15] comes between busy and idle, in answer to the request, with the kernel’s session', () => {
    const comms = new KernelComms(sender);
    comms.heard(widgetOpens('w', { value: 1 }));
    const answer = comms.answer(infoRequest, false) ?? [];
    expect(answer.map(({ channel, header }) => [channel, header.msg_type])).toEqual([
      ['iopub', 'status'],
      ['shell', 'comm_info_reply'],
      ['iopub', 'status'],
    ]);
    for (const { header, parent_header } of answer) {
      expect([header.session, parent_header]).toEqual(['kernel', infoRequest.header]);
    }
  });

  test('[X15] to who may not close is a line that says why, and the comm stays', () => {
    const comms = new KernelComms(sender);
    comms.heard(widgetOpens('w', { value: 1 }));
    const [, line] = comms.answer(close('ann', 'w'), true) ?? [];
    expect(line).toMatchObject({ header: { msg_type: 'stream' }, content: { name: 'stderr' } });
    expect(comms.answer(stateRequest('w'), true)).toHaveLength(3);
  });

  test('is left to a kernel that was there before this hub, but for what it has heard since and while it is busy', () => {
    const comms = new KernelComms(sender);
    comms.joinedLate();
    comms.heard(widgetOpens('w', { value: 1 }));
    expect(comms.answer(infoRequest, true)).toBeNull();
    expect(comms.answer(infoRequest, false)).toHaveLength(3);
    expect(comms.answer(stateRequest('w'), true)).toHaveLength(3);
  });

  test('is none any more when the kernel is another', () => {
    const comms = new KernelComms(sender);
    comms.heard(widgetOpens('w', { value: 1 }));
    comms.clear();
    expect(comms.answer(stateRequest('w'), true)).toBeNull();
  });
});
