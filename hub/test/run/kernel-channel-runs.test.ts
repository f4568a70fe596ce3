/** The runs of channel clients against a queue that is told what to say. */
import { describe, expect, test } from '@jest/globals';
import type { KernelMessage } from '@cokernel/proto/jupyter';
import { buildMessage, executeRequest, statusMessage } from '@cokernel/proto/jupyter';
import { DEFAULT_QUEUE_RULES, KernelId } from '@cokernel/proto/hub';
import { batchOf } from '../../src/run/client-run.js';
import { ChannelRequests } from '../../src/run/kernel-channel-requests.js';
import { ChannelRuns } from '../../src/run/kernel-channel-runs.js';
import type { QueueChange, QueuedRun } from '../../src/run/run-queue.js';

const ann = batchOf('ann');
const sender = (msgId: string) => ({ msgId, session: 's', username: '', date: '' });
const ask = (msgId: string): KernelMessage => executeRequest(sender(msgId), { code: msgId });

/** Requests, a queue that takes everything, and what came of it. */
function setUp() {
  const requests = new ChannelRequests();
  const queued: QueuedRun[] = [];
  const answers: [string, unknown][] = [];
  const runs = new ChannelRuns({
    kernelId: KernelId.parse('k'),
    requests,
    queue: {
      find: (_kernel, runId) => Promise.resolve(queued.find(({ view }) => view.runId === runId)?.view ?? null),
      enqueue: (_kernel, _request, added) => {
        queued.push(...added);
        return Promise.resolve({ outcome: 'accepted', runs: [] });
      },
    },
    answer: (msgId, content) => answers.push([msgId, content['status']]),
    newId: () => 'new',
    clock: () => new Date(0),
  });
  const send = async (msgId: string): Promise<void> => {
    const message = ask(msgId);
    requests.add({ client: ann, channel: 'shell', header: message.header, isRun: true });
    await runs.ask(message, ann);
  };
  /** The kernel's reply and idle. */
  const over = (msgId: string): void => {
    const parent = ask(msgId).header;
    requests.observe(
      buildMessage(sender('r'), { channel: 'shell', msgType: 'execute_reply', content: { status: 'error' }, parent }),
    );
    requests.observe(statusMessage({ ...sender('i'), parent }, 'idle'));
  };
  const change = (finished: QueueChange['finished']): Promise<void> =>
    runs.queueChanged({
      finished,
      snapshot: { number: 1, held: null, rules: DEFAULT_QUEUE_RULES, running: null, queued: [] },
    });
  const views = (msgId: string) => queued.flatMap(({ view }) => (view.runId === msgId ? [view] : []));
  const ids = (): string[] => queued.map(({ view }) => view.runId);
  return { runs, send, over, change, views, ids, answers };
}

describe('the runs of a client', () => {
  test('wait in the queue as soon as they are asked for', async () => {
    const { send, ids } = setUp();
    await send('a');
    await send('b');
    expect(ids()).toEqual(['a', 'b']);
  });

  test('that are asked for after an end was heard come after that end is settled, so that it can’t end them', async () => {
    const { send, over, change, views, ids } = setUp();
    await send('a');
    over('a');
    await send('b');
    await send('c');
    expect(ids()).toEqual(['a']);
    await change(views('a'));
    expect(ids()).toEqual(['a', 'b', 'c']);
  });

  test('do not wait for ever for an end that was not told', async () => {
    const { send, over, change, ids } = setUp();
    await send('a');
    over('a');
    await send('b');
    await change([]);
    expect(ids()).toEqual(['a', 'b']);
  });

  test('are answered by the hub when the queue ends them, or refuses them', async () => {
    const { send, change, views, answers } = setUp();
    await send('a');
    await change(views('a').map((view) => ({ ...view, state: 'cancelled' as const })));
    await send('no good id');
    expect(answers).toEqual([
      ['a', 'aborted'],
      ['no good id', 'aborted'],
    ]);
  });
});
