/**
 * Random lives of a kernel and its queue, with the store's answers arriving whenever they like: what must hold whatever
 * happens in whatever order.
 */
import { describe, expect, test } from '@jest/globals';
import { DEFAULT_QUEUE_RULES, RunId } from '@cokernel/proto/hub';
import fc from 'fast-check';
import type { KernelMessage } from '@cokernel/proto/jupyter';
import { initialState } from '../../src/run/kernel-session-model.js';
import { transition } from '../../src/run/kernel-session-state.js';
import type { KernelSessionState, SessionEffect, SessionEvent } from '../../src/run/kernel-session-model.js';
import type { QueuedRun } from '../../src/run/run-queue.js';
import { says } from '../support/kernel-messages.js';
import { queuedRun } from '../support/queued-run.js';

const at = '2026-01-01T00:00:05.000Z';
const kernelInfo = { protocol_version: '5.3', implementation: 'i', banner: '', language_info: { name: 'python' } };

type Step =
  | 'enqueue'
  | 'hold'
  | 'release'
  | 'storeAnswers'
  | 'queueIsTold'
  | 'becomeReady'
  | 'restart'
  | 'crash'
  | 'die'
  | 'reply'
  | 'fail'
  | 'idle'
  | 'print'
  | 'ask'
  | 'interrupt'
  | 'notSent'
  | 'loseHost'
  | 'findHost'
  | 'trace'
  | 'gap'
  | 'pass';

const steps: readonly Step[] = [
  'enqueue',
  'hold',
  'release',
  'storeAnswers',
  'queueIsTold',
  'becomeReady',
  'restart',
  'crash',
  'die',
  'reply',
  'fail',
  'idle',
  'print',
  'ask',
  'interrupt',
  'notSent',
  'loseHost',
  'findHost',
  'trace',
  'gap',
  'pass',
];

/** The session's state machine with a store that answers late, checked after each event. */
class World {
  private state: KernelSessionState = initialState;
  private held: 'kernelDied' | null = null;
  private queued: QueuedRun[] = [];
  private inStore: QueuedRun | null = null;
  private pending: ('take' | 'settle' | 'settleAndTake')[] = [];
  private untold: SessionEvent[] = [];
  private made = 0;
  readonly taken: string[] = [];
  readonly settled: string[] = [];

  step(step: Step): void {
    switch (step) {
      case 'enqueue':
        this.made += 1;
        this.queued.push(queuedRun({ runId: `r${String(this.made)}` }));
        return this.changed();
      case 'hold':
        this.held = 'kernelDied';
        return this.changed();
      case 'release':
        this.held = null;
        return this.changed();
      case 'storeAnswers':
        return this.storeAnswers();
      case 'queueIsTold':
        return this.tellQueue();
      case 'becomeReady':
        if (this.state.kernel.phase !== 'ready') this.handle({ type: 'kernelBecameReady', kernelInfo, at });
        return;
      case 'restart':
      case 'crash':
        return this.handle({ type: 'kernelRestarting', asked: step === 'restart', reason: 'why', at });
      case 'die':
        return this.handle({ type: 'kernelDied', reason: 'gone', at });
      case 'reply':
        return this.message(says.ok);
      case 'fail':
        return this.message(says.failed);
      case 'idle':
        return this.message(says.idle);
      case 'print':
        return this.message((runId) => says.prints(runId, 'x'));
      case 'ask':
        return this.message((runId) => says.asks(runId));
      case 'interrupt':
        return this.handle({ type: 'interruptAsked' });
      case 'loseHost':
        return this.handle({ type: 'hostLost' });
      case 'findHost':
        return this.findHost();
      case 'trace':
        return this.handle({ type: 'requestTraced', runId: this.taken.at(-1) ?? 'r0' });
      case 'gap':
        return this.handle({ type: 'messagesLost', upTo: 1, reason: 'away' });
      case 'pass':
        return this.handle({ type: 'kernelPassed', runId: RunId.parse(this.taken.at(-1) ?? 'r0'), at });
      case 'notSent': {
        const current = this.state.current;
        if (current === null) return;
        return this.handle({ type: 'requestNotSent', runId: current.run.view.runId, reason: 'no', at });
      }
    }
  }

  /** Everything that is on its way arrives. */
  settleDown(): void {
    while (this.pending.length > 0 || this.untold.length > 0) {
      this.tellQueue();
      this.storeAnswers();
    }
  }

  /** Runs what is queued to its end. */
  finishAll(): void {
    this.step('release');
    this.settleDown();
    this.findHost();
    if (this.state.kernel.phase !== 'ready') this.handle({ type: 'kernelBecameReady', kernelInfo, at });
    for (let left = 1_000; left > 0; left -= 1) {
      this.settleDown();
      if (this.state.current === null) break;
      this.step('reply');
      this.step('idle');
    }
  }

  private findHost(): void {
    if (this.state.kernel.phase !== 'reconnecting') return;
    const found = { state: 'ready', kernelInfo, knowsAllRequests: true, reason: '' } as const;
    this.handle({ type: 'hostFound', ...found, at });
  }

  expectAllDone(): void {
    expect({ queued: this.queued.length, inStore: this.inStore, current: this.state.current }).toEqual({
      queued: 0,
      inStore: null,
      current: null,
    });
    expect(this.settled).toEqual(this.taken);
    expect(this.taken).toHaveLength(this.made);
  }

  private message(say: (runId: string) => KernelMessage): void {
    const runId = this.state.current?.run.view.runId ?? this.taken.at(-1) ?? 'r0';
    this.handle({ type: 'messageArrived', message: say(runId), at });
  }

  private changed(): void {
    const queued = this.queued.map(({ view }) => view);
    const running = this.inStore?.view ?? null;
    this.untold.push({
      type: 'queueChanged',
      snapshot: { number: this.made, held: this.held, rules: DEFAULT_QUEUE_RULES, running, queued },
    });
  }

  private tellQueue(): void {
    const event = this.untold.shift();
    if (event !== undefined) this.handle(event);
  }

  private storeAnswers(): void {
    const answered = this.pending.shift();
    if (answered === 'take') this.answerTake();
    if (answered === 'settle' || answered === 'settleAndTake') {
      this.inStore = null;
      if (answered === 'settleAndTake') return this.answerTake();
      this.changed();
      this.handle({ type: 'runSettled' });
    }
  }

  private answerTake(): void {
    const run = this.held === null && this.inStore === null ? this.queued.shift() : undefined;
    if (run === undefined) {
      this.changed();
      return this.handle({ type: 'nothingTaken' });
    }
    this.inStore = run;
    this.taken.push(run.view.runId);
    this.changed();
    this.handle({ type: 'runTaken', run });
  }

  private handle(event: SessionEvent): void {
    const { state, effects } = transition(this.state, event);
    for (const effect of effects) this.carryOut(effect, this.state, state);
    this.state = state;
    this.checkState();
  }

  private carryOut(effect: SessionEffect, before: KernelSessionState, after: KernelSessionState): void {
    if (effect.type === 'takeNext') {
      expect(this.pending).toEqual([]);
      expect(before.current === null || before.stepping !== null).toBe(true);
      this.pending.push('take');
    }
    // Sent again only to a host that says whether it was sent before.
    if (effect.type === 'begin') expect(before.current?.traced ?? false).toBe(false);
    if (effect.type === 'settle') {
      expect(this.settled).not.toContain(effect.run.view.runId);
      this.settled.push(effect.run.view.runId);
      this.pending.push(after.kernel.phase === 'ready' ? 'settleAndTake' : 'settle');
    }
  }

  private checkState(): void {
    const { current, stepping, kernel, prompt, work } = this.state;
    // At most one step of the queue at a time, and none while a run is going on.
    expect(this.pending).toHaveLength(stepping === null ? 0 : 1);
    if (current !== null) expect(stepping).toBeNull();
    // A run goes on only in a living kernel, or in one that is looked for.
    if (current !== null) expect(['ready', 'reconnecting']).toContain(kernel.phase);
    // A question belongs to the run that goes on.
    if (prompt !== null) expect(prompt.runId).toBe(current?.run.view.runId);
    // No wake-up is lost: a ready and free kernel that was told of work has a take under way.
    if (kernel.phase === 'ready' && current === null && work) expect(stepping).not.toBeNull();
  }
}

describe('in whatever order things happen', () => {
  test('one run at a time, one end a run, and no run is forgotten', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...steps), { maxLength: 80 }), (life) => {
        const world = new World();
        for (const step of life) world.step(step);
        world.finishAll();
        world.expectAllDone();
      }),
      { numRuns: 500 },
    );
  });
});
