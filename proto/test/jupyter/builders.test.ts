/** Builders and the relation of messages: the protocol's defaults, and no exception on malformed input. */
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import * as jupyter from '../../src/jupyter/index.js';

const sender = { msgId: 'id', session: 'session', username: 'ann', date: '2026-01-02T03:04:05.678Z' };
const request = jupyter.executeRequest(sender, { code: '1 + 1' });
const answer = { ...sender, msgId: 'answer', parent: request.header };

describe('builders', () => {
  test('[E4] an execute request has the defaults of the protocol', () => {
    expect(request.content).toEqual({
      code: '1 + 1',
      silent: false,
      store_history: true,
      user_expressions: {},
      allow_stdin: true,
      stop_on_error: true,
    });
    expect(request.header).toMatchObject({
      msg_id: 'id',
      msg_type: 'execute_request',
      version: '5.4',
      username: 'ann',
    });
  });

  test('[E4] a silent request stores no history', () => {
    const silent = jupyter.executeRequest(sender, { code: '', silent: true, storeHistory: true });
    expect(silent.content).toMatchObject({ silent: true, store_history: false });
  });

  test.each([
    ['kernel_info_request', jupyter.kernelInfoRequest(sender), 'shell', {}],
    ['complete_request', jupyter.completeRequest(sender, 'a', 1), 'shell', { code: 'a', cursor_pos: 1 }],
    ['inspect_request', jupyter.inspectRequest(sender, 'a', 1), 'shell', { code: 'a', cursor_pos: 1, detail_level: 0 }],
    ['is_complete_request', jupyter.isCompleteRequest(sender, 'a'), 'shell', { code: 'a' }],
    ['comm_info_request', jupyter.commInfoRequest(sender, 't'), 'shell', { target_name: 't' }],
    ['interrupt_request', jupyter.interruptRequest(sender), 'control', {}],
    ['usage_request', jupyter.usageRequest(sender), 'control', {}],
    ['shutdown_request', jupyter.shutdownRequest(sender), 'control', { restart: false }],
    ['input_reply', jupyter.inputReply(sender, request.header, 'x'), 'stdin', { status: 'ok', value: 'x' }],
    [
      'comm_open',
      jupyter.commOpen(sender, 't', { commId: 'c' }),
      'shell',
      { comm_id: 'c', target_name: 't', data: {} },
    ],
    [
      'comm_msg',
      jupyter.commMessage(sender, { commId: 'c', data: { a: 1 } }),
      'shell',
      { comm_id: 'c', data: { a: 1 } },
    ],
    ['comm_close', jupyter.commClose(sender, { commId: 'c' }), 'shell', { comm_id: 'c', data: {} }],
  ])('[E4] %s goes on its channel with its content', (type, message, channel, content) => {
    expect(message).toMatchObject({ channel, header: { msg_type: type } });
    expect(message.content).toEqual(content);
  });

  const shown = { data: { 'text/plain': '2' }, metadata: {}, transient: {} };
  test.each([
    ['status', jupyter.statusMessage(answer, 'idle'), { execution_state: 'idle' }],
    ['execute_input', jupyter.executeInput(answer, 'a', 1), { code: 'a', execution_count: 1 }],
    ['stream', jupyter.streamMessage(answer, 'stdout', 'a'), { name: 'stdout', text: 'a' }],
    ['display_data', jupyter.displayData(answer, { data: shown.data }), shown],
    [
      'update_display_data',
      jupyter.updateDisplayData(answer, { data: {}, displayId: 'd' }),
      { data: {}, metadata: {}, transient: { display_id: 'd' } },
    ],
    ['execute_result', jupyter.executeResult(answer, { data: shown.data }, 1), { ...shown, execution_count: 1 }],
    [
      'error',
      jupyter.errorMessage(answer, { ename: 'E', evalue: 'v', traceback: [] }),
      { ename: 'E', evalue: 'v', traceback: [] },
    ],
    ['clear_output', jupyter.clearOutput(answer), { wait: false }],
  ])('[E4] %s is said on iopub in answer to its request', (type, message, content) => {
    expect(message).toMatchObject({ channel: 'iopub', header: { msg_type: type }, parent_header: { msg_id: 'id' } });
    expect(message.content).toEqual(content);
  });

  test('[E4] an execute reply carries its status', () => {
    const error = { ename: 'E', evalue: 'v', traceback: ['t'] };
    const failed = jupyter.executeReply(answer, { status: 'error', executionCount: 2, error });
    expect(failed.content).toEqual({ status: 'error', execution_count: 2, ...error });
    const ok = jupyter.executeReply(answer, { status: 'ok', executionCount: 2 });
    expect(ok.content).toEqual({ status: 'ok', execution_count: 2, payload: [], user_expressions: {} });
  });
});

describe('isChildMessage', () => {
  test('[E6] tells whose child a message is', () => {
    const child = jupyter.statusMessage(answer, 'busy');
    expect(jupyter.isChildMessage(request, child)).toBe(true);
    expect(jupyter.isChildMessage(child, request)).toBe(false);
    expect(jupyter.parentId(child)).toBe('id');
    expect(jupyter.parentId(request)).toBeNull();
  });

  test('[E6] is false, not an exception, on malformed input', () => {
    fc.assert(
      fc.property(fc.anything(), fc.anything(), (parent, message) => {
        expect(jupyter.isChildMessage(parent, message)).toBe(false);
      }),
    );
    expect(jupyter.isChildMessage({ header: {} }, { parent_header: {} })).toBe(false);
  });
});
