import { describe, expect, test } from '@jest/globals';
import {
  buildMessage,
  clearOutput,
  displayData,
  errorMessage,
  executeInput,
  executeReply,
  executeRequest,
  executeResult,
  inputRequest,
  kernelInfoRequest,
  statusMessage,
  streamMessage,
  updateDisplayData,
  type Channel,
  type KernelMessage,
  type MessageHeader,
} from '@cokernel/proto/jupyter';
import fc from 'fast-check';
import { from, lastValueFrom, toArray, type OperatorFunction } from 'rxjs';
import { freezeMessage } from '../../src/kernel/freeze-message.js';
import {
  childOf,
  executionCounts,
  executionErrors,
  inputRequests,
  kernelStatuses,
  ofMessageType,
  outputs,
  payloads,
  updatedOutputs,
  withCommId,
} from '../../src/index.js';

let lastId = 0;
const sender = () => ({ msgId: `m${String(++lastId)}`, session: 's', username: 'ann', date: '' });
const request = executeRequest(sender(), { code: '1' });
const other = kernelInfoRequest(sender());
const answer = (parent: KernelMessage = request) => ({ ...sender(), parent: header(parent) });
const comm = (id: unknown) =>
  buildMessage(sender(), { channel: 'iopub', msgType: 'comm_msg', content: { comm_id: id, data: {} } });

function header(message: KernelMessage): MessageHeader {
  return message.header;
}

/** A message that the codecs would let in, of a type that promises more than its content holds. */
function wrong(msgType: string, content: Record<string, unknown>, channel: Channel = 'iopub'): KernelMessage {
  return buildMessage(sender(), { channel, msgType, content, parent: request.header });
}

function all<T>(messages: readonly KernelMessage[], operator: OperatorFunction<KernelMessage, T>): Promise<T[]> {
  return lastValueFrom(from(messages).pipe(operator, toArray()));
}

const failure = { ename: 'KeyError', evalue: "'x'", traceback: ['Traceback', 'KeyError'] };
const plain = { data: { 'text/plain': '42' } };
const run = [
  statusMessage(answer(), 'busy'),
  executeInput(answer(), '1', 7),
  streamMessage(answer(), 'stdout', 'a\n'),
  displayData(answer(), { ...plain, displayId: 'd' }),
  updateDisplayData(answer(), { data: { 'text/plain': '43' }, displayId: 'd' }),
  clearOutput(answer()),
  executeResult(answer(), plain, 7),
  inputRequest(answer(), 'Who? ', true),
  errorMessage(answer(), failure),
  executeReply(answer(), { status: 'ok', executionCount: 7, payload: [{ source: 'page', data: {}, start: 0 }, 7] }),
  statusMessage(answer(), 'idle'),
];

describe('[E5] operators over a run’s messages', () => {
  test('childOf takes what answers one request', async () => {
    const mine = statusMessage(answer(other), 'idle');
    await expect(all([...run, mine], childOf(other))).resolves.toEqual([mine]);
  });

  test('ofMessageType takes any of the types named', async () => {
    const found = await all(run, ofMessageType('status', 'execute_reply'));
    expect(found.map((message) => message.header.msg_type)).toEqual(['status', 'execute_reply', 'status']);
  });

  test('withCommId takes what belongs to one comm', async () => {
    const [one, two] = [comm('1'), comm('2')];
    await expect(all([one, two, comm(1)], withCommId('1'))).resolves.toEqual([one]);
  });

  test('outputs gives each as nbformat has it', async () => {
    await expect(all(run, outputs())).resolves.toEqual([
      { output_type: 'stream', name: 'stdout', text: 'a\n' },
      { output_type: 'display_data', metadata: {}, ...plain },
      { output_type: 'execute_result', metadata: {}, ...plain, execution_count: 7 },
      { output_type: 'error', ...failure },
    ]);
  });

  test.each<[string, OperatorFunction<KernelMessage, unknown>, unknown[]]>([
    ['updatedOutputs', updatedOutputs(), [{ displayId: 'd', data: { 'text/plain': '43' }, metadata: {} }]],
    ['payloads', payloads(), [{ source: 'page', data: {}, start: 0 }]],
    ['executionCounts', executionCounts(), [7]],
    ['kernelStatuses', kernelStatuses(), ['busy', 'idle']],
    ['inputRequests', inputRequests(), [{ prompt: 'Who? ', password: true, header: run[7]?.header }]],
    ['executionErrors', executionErrors(), [failure]],
  ])('%s', async (_name, operator, expected) => {
    await expect(all(run, operator)).resolves.toEqual(expected);
  });

  test('executionCounts has the reply’s, from kernels that send no execute_input', async () => {
    const reply = executeReply(answer(), { status: 'ok', executionCount: 3 });
    await expect(all([reply], executionCounts())).resolves.toEqual([3]);
  });
});

describe('[E5] a malformed message is skipped and never errors the stream', () => {
  const operators: Record<string, () => OperatorFunction<KernelMessage, unknown>> = {
    childOf: () => childOf(other),
    withCommId: () => withCommId('c'),
    outputs,
    updatedOutputs,
    payloads,
    executionCounts,
    kernelStatuses,
    inputRequests,
    executionErrors,
  };

  test.each(Object.entries(operators))('%s', async (_name, operator) => {
    const types = run.map((message) => message.header.msg_type);
    const malformed = fc.array(fc.tuple(fc.constantFrom(...types), fc.dictionary(fc.string(), fc.anything())));
    await fc.assert(
      fc.asyncProperty(malformed, async (contents) => {
        const messages = contents.map(([type, content]) => wrong(type, content));
        await expect(all([...messages, ...run], operator())).resolves.toEqual(await all(run, operator()));
      }),
      { numRuns: 50 },
    );
  });

  test('what is no message at all is skipped too', async () => {
    const nothing: KernelMessage[] = JSON.parse('[null, 7, {}, {"header": null}, {"header": {"msg_type": "stream"}}]');
    for (const operator of Object.values(operators)) await expect(all(nothing, operator())).resolves.toEqual([]);
    await expect(all(nothing, ofMessageType('status'))).resolves.toEqual([]);
  });
});

test('[E3] a message is frozen to its last nested value, and its buffers’ list too', () => {
  const nested = { er: 2 };
  const message = freezeMessage(
    buildMessage(sender(), {
      channel: 'iopub',
      msgType: 'display_data',
      content: { data: { 'application/json': { deep: [1, nested] } } },
      metadata: { a: { b: 1 } },
      parent: { ...request.header },
      buffers: [new Uint8Array([1])],
    }),
  );
  const parts: unknown[] = [message, message.header, message.parent_header, message.metadata, message.content];
  expect(parts.every((part) => Object.isFrozen(part))).toBe(true);
  expect(Object.isFrozen(message.buffers)).toBe(true);
  expect(() => Object.assign(nested, { er: 3 })).toThrow(TypeError);
  expect(nested).toEqual({ er: 2 });
});
