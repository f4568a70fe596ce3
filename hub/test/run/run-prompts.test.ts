/** Answers to questions of runs, and a way to the kernel that breaks. */
import { beforeEach, describe, expect, test } from '@jest/globals';
import type { KernelMessage } from '@cokernel/proto/jupyter';
import { buildMessage } from '@cokernel/proto/jupyter';
import { PromptId, PromptView } from '@cokernel/proto/hub';
import { initialState } from '../../src/run/kernel-session-model.js';
import type { KernelSessionState, SessionEvent } from '../../src/run/kernel-session-model.js';
import { withTaken } from '../../src/run/current-run.js';
import type { LiveRuns } from '../../src/run/live-runs.js';
import { RunPrompts } from '../../src/run/run-prompts.js';
import { SessionAudience } from '../../src/run/session-audience.js';
import { queuedRun } from '../support/queued-run.js';

const sender = { msgId: 'm', session: 's', username: '', date: '' };
const { header } = buildMessage(sender, { channel: 'stdin', msgType: 'input_request', content: {} });
const prompt = PromptView.parse({
  promptId: PromptId.parse('p'),
  runId: 'r1',
  cellId: 'c',
  asked: { participantId: 'ann', name: 'Ann' },
  text: 'Name? ',
  password: false,
});
const running: KernelSessionState = withTaken(
  { ...initialState, kernel: { phase: 'ready' } },
  queuedRun({ runId: 'r1' }),
);

let state: KernelSessionState;
let sent: KernelMessage[];
let steps: string[];
let handled: SessionEvent[];
let sending: Promise<void>;
let prompts: RunPrompts;

beforeEach(() => {
  state = running;
  sent = [];
  steps = [];
  handled = [];
  sending = Promise.resolve();
  prompts = new RunPrompts({
    liveRuns: {
      answered: (_runId: string, promptId: string, echo: string) => Promise.resolve(void steps.push(promptId + echo)),
      unanswered: () => Promise.resolve(void steps.push('unanswered')),
    } as Partial<LiveRuns> as LiveRuns,
    audience: new SessionAudience(),
    current: () => state.prompt,
    transcriptPrompted: () => Promise.resolve(),
    send: (message) => {
      sent.push(message);
      return sending;
    },
    sender: () => sender,
    state: () => state,
    handle: (event) => void handled.push(event),
  });
});

describe('an answer', () => {
  test('[J18] is sent to the kernel and kept in the output', async () => {
    expect(await prompts.answer(prompt, header, 'Ann')).toBe(true);
    expect([sent.map(({ content }) => content['value']), steps]).toEqual([['Ann'], ['pName? Ann\n']]);
  });

  test('[J18] [X7] waits while the kernel is out of reach, and is sent when it is back', async () => {
    state = { ...running, kernel: { phase: 'reconnecting' } };
    const answered = prompts.answer(prompt, header, 'Ann');
    prompts.statusChanged();
    expect([sent, steps]).toEqual([[], []]);
    state = running;
    prompts.statusChanged();
    expect(await answered).toBe(true);
    expect(sent).toHaveLength(1);
  });

  test('[J18] [X7] is not sent when its run is over by then', async () => {
    state = { ...running, kernel: { phase: 'reconnecting' } };
    const answered = prompts.answer(prompt, header, 'Ann');
    state = initialState;
    prompts.statusChanged();
    expect(await answered).toBe(false);
    expect([sent, steps]).toEqual([[], []]);
  });

  test('[J18] [X7] that may not have reached the kernel is asked for again, and who gave it is told', async () => {
    sending = Promise.reject(new Error('the keeper closed the connection'));
    await expect(prompts.answer(prompt, header, 'Ann')).rejects.toMatchObject({ code: 'unavailable' });
    expect(steps.at(-1)).toBe('unanswered');
    expect(handled).toEqual([{ type: 'answerNotTaken', prompt, request: header }]);
  });
});
