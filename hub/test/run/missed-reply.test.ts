/** A run whose idle was heard and whose reply does not come: the kernel never gave one, or it was lost on its way. */
import { describe, expect, test } from '@jest/globals';
import { RunId } from '@cokernel/proto/hub';
import type { KernelMessage } from '@cokernel/proto/jupyter';
import { initialState } from '../../src/run/kernel-session-model.js';
import type { SessionEffect, SessionEvent, Transition } from '../../src/run/kernel-session-model.js';
import { transition } from '../../src/run/kernel-session-state.js';
import { says } from '../support/kernel-messages.js';
import { queuedRun } from '../support/queued-run.js';

const at = '2026-01-01T00:00:05.000Z';
const kernelInfo = { protocol_version: '5.3', implementation: 'i', banner: '', language_info: { name: 'python' } };
const arrived = (message: KernelMessage): SessionEvent => ({ type: 'messageArrived', message, at });
const running: readonly SessionEvent[] = [
  { type: 'kernelBecameReady', kernelInfo, at },
  { type: 'runTaken', run: queuedRun({ runId: 'r1' }) },
];

/** The state after these events, and the effects of the last. */
function after(...events: readonly SessionEvent[]): Transition {
  const before: Transition = { state: initialState, effects: [] };
  return events.reduce(({ state }, event) => transition(state, event), before);
}

const settled = (effects: readonly SessionEffect[]) => effects.find((effect) => effect.type === 'settle');

describe('a run without a reply', () => {
  const idle = after(...running, arrived(says.busy('r1')), arrived(says.idle('r1')));
  const missed = (runId: string): SessionEvent => ({ type: 'replyMissed', runId: RunId.parse(runId) });
  const passed: SessionEvent = { type: 'kernelPassed', runId: RunId.parse('r1'), at };
  const asks = { type: 'askWhetherPassed', runId: 'r1' };

  test('[J7] [X21] is waited for after its idle; the kernel is asked, and the run ends as failed when that answers', () => {
    expect(idle.effects).toContainEqual({ type: 'expectReply', runId: 'r1' });
    const waiting = transition(idle.state, missed('r1'));
    expect(waiting).toEqual({ state: idle.state, effects: [asks, { type: 'expectReply', runId: 'r1' }] });
    expect(settled(transition(waiting.state, passed).effects)?.end.state).toBe('failed');
  });

  test('[J7] [X7] is not known where the way to the kernel broke after its idle', () => {
    const broken = transition(idle.state, { type: 'messagesLost', upTo: 9, reason: 'broken' });
    expect(settled(transition(broken.state, passed).effects)?.end.state).toBe('lost');
    const away = transition(idle.state, { type: 'hostLost' }).state;
    expect(transition(away, missed('r1'))).toEqual({ state: away, effects: [{ type: 'expectReply', runId: 'r1' }] });
  });

  test('is another one than that which runs now: a late word of it changes nothing', () => {
    expect(transition(idle.state, missed('r0'))).toEqual({ state: idle.state, effects: [] });
  });
});
