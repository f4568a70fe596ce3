/** When what happened in a run, as its cell's metadata tells it. */
import { describe, expect, test } from '@jest/globals';
import type { KernelMessage } from '@cokernel/proto/jupyter';
import { initialState } from '../../src/run/kernel-session-model.js';
import type { SessionEvent } from '../../src/run/kernel-session-model.js';
import { transition } from '../../src/run/kernel-session-state.js';
import type { Settlement } from '../../src/run/run-queue.js';
import { says } from '../support/kernel-messages.js';
import { queuedRun } from '../support/queued-run.js';

const at = '2026-01-01T00:00:05.000Z';
const kernelInfo = { protocol_version: '5.3', implementation: 'i', banner: '', language_info: { name: 'python' } };
const begun: readonly SessionEvent[] = [
  { type: 'kernelBecameReady', kernelInfo, at },
  { type: 'runTaken', run: queuedRun({ runId: 'r1' }) },
];

/** Those of the run that ends with these messages. */
function timesAfter(...messages: readonly KernelMessage[]): unknown {
  let state = initialState;
  let ended: { readonly end: Settlement; readonly times: unknown } | undefined;
  const arrived = messages.map((message): SessionEvent => ({ type: 'messageArrived', message, at }));
  for (const event of [...begun, ...arrived]) {
    const next = transition(state, event);
    state = next.state;
    ended = next.effects.find((effect) => effect.type === 'settle') ?? ended;
  }
  return ended?.times;
}

const dated = (message: KernelMessage, date: string, metadata = {}): KernelMessage => {
  return { ...message, header: { ...message.header, date }, metadata };
};

describe('the times of a run', () => {
  test('[X9] are those of the kernel’s messages, as JupyterLab takes them', () => {
    const times = timesAfter(
      dated(says.busy('r1'), '2026-01-01T00:00:01Z'),
      dated(says.input('r1', 1), '2026-01-01T00:00:02Z'),
      dated(says.ok('r1'), '2026-01-01T00:00:04Z', { started: '2026-01-01T00:00:01.5Z' }),
      dated(says.idle('r1'), '2026-01-01T00:00:04.5Z'),
    );
    expect(times).toEqual({
      busy: '2026-01-01T00:00:01Z',
      executeInput: '2026-01-01T00:00:02Z',
      replyStarted: '2026-01-01T00:00:01.5Z',
      executeReply: '2026-01-01T00:00:04Z',
      idle: '2026-01-01T00:00:04.5Z',
    });
  });

  test('are the hub’s where a kernel tells none', () => {
    expect(timesAfter(dated(says.ok('r1'), ''), dated(says.idle('r1'), ''))).toEqual({ executeReply: at, idle: at });
  });
});
