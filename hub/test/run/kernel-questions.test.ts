/** Questions beside the runs: at once, beside what runs, or later; each answered once. */
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { KernelMessage } from '@cokernel/proto/jupyter';
import { buildMessage } from '@cokernel/proto/jupyter';
import { asHub } from '../../src/run/hub-request.js';
import type { KernelQuestion, ReplyContent } from '../../src/run/kernel-question.js';
import { type Asker, KernelQuestions } from '../../src/run/kernel-questions.js';
import { waitUntil } from '../support/wait-until.js';

const complete: KernelQuestion = { kind: 'complete', code: 'pri', cursorPos: 3 };
const inspect: KernelQuestion = { kind: 'inspect', code: 'pri', cursorPos: 3, detailLevel: 0 };

/** A kernel that answers when the test says so. */
class Kernel {
  isFree = true;
  hasSubshells = false;
  isIpython = false;
  allowsStdin = true;
  readonly sent: KernelMessage[] = [];
  private ids = 0;
  readonly questions: KernelQuestions;

  constructor({ soonMs } = { soonMs: 5_000 }) {
    this.questions = new KernelQuestions({
      send: (message) => {
        this.sent.push(message);
        return Promise.resolve();
      },
      sender: () => asHub({ msgId: this.id(), session: 'hub', username: 'cokernel', date: '' }),
      newId: () => this.id(),
      isFree: () => this.isFree,
      hasSubshells: () => this.hasSubshells,
      isIpython: () => this.isIpython,
      allowsStdin: () => this.allowsStdin,
      soonMs,
      timeoutMs: 10_000,
      graceMs: 1,
      quietMs: 0,
    });
  }

  private id(): string {
    this.ids += 1;
    return `id${String(this.ids)}`;
  }

  types(): readonly string[] {
    return this.sent.map(({ header }) => header.msg_type);
  }

  /** Answers the newest request. */
  async reply(content: ReplyContent): Promise<void> {
    const request = this.sent.at(-1);
    if (request === undefined) throw new Error('nothing was asked');
    const msgType = request.header.msg_type.replace('request', 'reply');
    this.questions.answer(
      buildMessage(
        { msgId: 'reply', session: 'kernel', username: 'kernel', date: '' },
        { channel: request.channel, msgType, content, parent: request.header },
      ),
    );
    await settled();
  }
}

/** The kernel is idle again after its newest request, the `count`th that it has got. */
async function idleAfter(count: number): Promise<void> {
  await waitUntil('it was asked', () => kernel.sent.length === count);
  kernel.questions.requestDone(kernel.sent.at(-1)?.header.msg_id ?? '');
}

/** Everything that waits for promises alone has gone on. */
const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

let kernel: Kernel;
let later: [string, ReplyContent][];
const asker = (id: string): Asker => ({ id, answerLater: (questionId, content) => later.push([questionId, content]) });

beforeEach(() => {
  kernel = new Kernel();
  later = [];
});

// What was asked and not answered waits for its time limit.
afterEach(() => kernel.questions.failAll('the test is over'));

describe('a kernel without subshells', () => {
  test('answers at once while it is free', async () => {
    const answer = kernel.questions.ask(complete, asker('ann'));
    await settled();
    await kernel.reply({ status: 'ok', matches: ['print'] });
    expect(await answer).toEqual({ status: 'ok', matches: ['print'] });
  });

  test('that is busy: who asks is told so at once, and gets the answer when it is free', async () => {
    kernel.isFree = false;
    const busy = await kernel.questions.ask(complete, asker('ann'));
    expect(busy).toMatchObject({ status: 'kernelBusy' });
    expect(kernel.sent).toEqual([]);
    kernel.questions.kernelBecameFree();
    expect(kernel.types()).toEqual(['complete_request']);
    await kernel.reply({ status: 'ok', matches: [] });
    expect(later).toEqual([[busy['questionId'], { status: 'ok', matches: [] }]]);
  });

  test('keeps only the newest question of an asker and a kind, and tells that the other is given up', async () => {
    kernel.isFree = false;
    const older = await kernel.questions.ask(complete, asker('ann'));
    await kernel.questions.ask(inspect, asker('ann'));
    await kernel.questions.ask(complete, asker('ben'));
    await kernel.questions.ask({ ...complete, code: 'newer' }, asker('ann'));
    expect(later).toEqual([[older['questionId'], { status: 'aborted' }]]);
    kernel.questions.kernelBecameFree();
    expect(kernel.sent.map(({ content }) => content['code']).sort()).toEqual(['newer', 'pri', 'pri']);
  });

  test('is not asked for who has left', async () => {
    kernel.isFree = false;
    await kernel.questions.ask(complete, asker('ann'));
    kernel.questions.dropOf('ann');
    kernel.questions.kernelBecameFree();
    expect(kernel.sent).toEqual([]);
    expect(later).toEqual([]);
  });

  test('that ends answers what waits as given up', async () => {
    kernel.isFree = false;
    const busy = await kernel.questions.ask(complete, asker('ann'));
    kernel.questions.failAll('gone');
    expect(later).toEqual([[busy['questionId'], { status: 'aborted' }]]);
    kernel.questions.kernelBecameFree();
    expect(later).toHaveLength(1);
  });

  test('that ends between the question and the answer refuses what it was asked at once', async () => {
    const answer = kernel.questions.ask(complete, asker('ann'));
    await settled();
    kernel.questions.failAll('gone');
    await expect(answer).rejects.toMatchObject({ code: 'kernelGone' });
  });
});

describe('a kernel with subshells', () => {
  beforeEach(() => {
    kernel.hasSubshells = true;
    kernel.isFree = false;
  });

  test('is asked for one when it is first needed, once for all, and answers by it', async () => {
    const answers = [kernel.questions.ask(complete, asker('ann')), kernel.questions.ask(inspect, asker('ben'))];
    await settled();
    expect(kernel.types()).toEqual(['create_subshell_request']);
    expect(kernel.sent[0]?.channel).toBe('control');
    await kernel.reply({ status: 'ok', subshell_id: 'sub' });
    expect(kernel.types().slice(1)).toEqual(['complete_request', 'inspect_request']);
    expect(kernel.sent.slice(1).map(({ header }) => header.subshell_id)).toEqual(['sub', 'sub']);
    await kernel.reply({ status: 'ok', found: true });
    expect(await answers[1]).toEqual({ status: 'ok', found: true });
    kernel.questions.failAll('over');
    await expect(answers[0]).rejects.toThrow('over');
  });

  test('makes it anew after it was restarted', async () => {
    const first = kernel.questions.ask(complete, asker('ann'));
    await settled();
    await kernel.reply({ status: 'ok', subshell_id: 'sub' });
    kernel.questions.failAll('restarted');
    await expect(first).rejects.toThrow('restarted');
    const second = kernel.questions.ask(complete, asker('ann'));
    await settled();
    expect(kernel.types().at(-1)).toBe('create_subshell_request');
    kernel.questions.failAll('over');
    // Nobody answered for the subshell: it is as if there were none.
    expect(await second).toMatchObject({ status: 'kernelBusy' });
  });

  test('whose subshell somebody has deleted makes another', async () => {
    const answer = kernel.questions.ask(complete, asker('ann'));
    await settled();
    await kernel.reply({ status: 'ok', subshell_id: 'sub' });
    await kernel.reply({ status: 'error', ename: 'UnknownSubshellError', evalue: 'sub' });
    await kernel.reply({ status: 'ok', subshell_id: 'other' });
    expect(kernel.sent.at(-1)?.header).toMatchObject({ msg_type: 'complete_request', subshell_id: 'other' });
    await kernel.reply({ status: 'ok', matches: [] });
    expect(await answer).toEqual({ status: 'ok', matches: [] });
  });

  test('that refuses one is asked between two runs, and not asked again for a subshell', async () => {
    const first = kernel.questions.ask(complete, asker('ann'));
    await settled();
    await kernel.reply({ status: 'error', ename: 'Unsupported' });
    expect(await first).toMatchObject({ status: 'kernelBusy' });
    expect(await kernel.questions.ask(inspect, asker('ann'))).toMatchObject({ status: 'kernelBusy' });
    expect(kernel.types()).toEqual(['create_subshell_request']);
  });

  test('gives a later hub the subshell that an earlier one has made', async () => {
    const first = kernel.questions.ask(complete, asker('ann'));
    await settled();
    const [creation] = kernel.sent;
    kernel.questions.failAll('the hub goes');
    await expect(first).resolves.toMatchObject({ status: 'kernelBusy' });
    const next = new Kernel();
    next.hasSubshells = true;
    next.questions.answer(
      buildMessage(
        { msgId: 'reply', session: 'kernel', username: 'kernel', date: '' },
        {
          channel: 'control',
          msgType: 'create_subshell_reply',
          content: { status: 'ok', subshell_id: 'theirs' },
          ...(creation === undefined ? {} : { parent: creation.header }),
        },
      ),
    );
    const answer = next.questions.ask(complete, asker('ann'));
    await settled();
    expect(next.sent.map(({ header }) => [header.msg_type, header.subshell_id])).toEqual([
      ['complete_request', 'theirs'],
    ]);
    await next.reply({ status: 'ok', matches: [] });
    await answer;
  });
});

describe('a kernel that has done with a question and not answered it', () => {
  beforeEach(() => {
    kernel.hasSubshells = true;
    kernel.isFree = false;
  });

  const askedBeside = async (question: KernelQuestion = complete): Promise<ReplyContent> => {
    const answer = kernel.questions.ask(question, asker('ann'));
    await settled();
    await kernel.reply({ status: 'ok', subshell_id: 'sub' });
    return answer;
  };

  test('is asked again, by a request of its own', async () => {
    const answer = askedBeside();
    await idleAfter(2);
    await waitUntil('it is asked again', () => kernel.sent.length === 3);
    const [first, second] = kernel.sent.slice(1);
    expect([second?.header.msg_type, second?.header.subshell_id]).toEqual(['complete_request', 'sub']);
    expect(second?.content).toEqual(first?.content);
    expect(second?.header.msg_id).not.toBe(first?.header.msg_id);
    await kernel.reply({ status: 'ok', matches: ['print'] });
    expect(await answer).toEqual({ status: 'ok', matches: ['print'] });
  });

  test('is not asked for ever: who asks is told', async () => {
    const answer = askedBeside();
    const refused = expect(answer).rejects.toMatchObject({ code: 'kernelBusy' });
    for (const count of [2, 3, 4]) await idleAfter(count);
    await refused;
    expect(kernel.sent).toHaveLength(4);
  });

  test('is not asked again when its answer came just behind', async () => {
    const answer = askedBeside();
    await idleAfter(2);
    await kernel.reply({ status: 'ok', matches: [] });
    expect(await answer).toEqual({ status: 'ok', matches: [] });
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(kernel.sent).toHaveLength(2);
  });

  test('makes no second subshell', async () => {
    const answer = kernel.questions.ask(complete, asker('ann'));
    await idleAfter(1);
    expect(await answer).toMatchObject({ status: 'kernelBusy' });
    expect(kernel.types()).toEqual(['create_subshell_request']);
  });

  test.each([true, false])('leaves it to what runs whether code may ask people: %s', async (allowsStdin) => {
    kernel.allowsStdin = allowsStdin;
    const answer = askedBeside({ kind: 'variables' });
    await waitUntil('it was asked', () => kernel.sent.length === 2);
    expect(kernel.sent[1]?.content).toMatchObject({ allow_stdin: allowsStdin, silent: true });
    await kernel.reply({ status: 'ok' });
    await answer;
  });
});

describe('what a kernel loads late is loaded early', () => {
  beforeEach(() => {
    kernel.isIpython = true;
  });

  /** Timers of no time at all have gone off. */
  const asked = async (): Promise<void> => {
    await new Promise((resolve) => setTimeout(resolve, 5));
    await settled();
  };

  test('on the shell channel of one that is free and has no subshells', async () => {
    kernel.questions.expectPeople();
    await asked();
    expect(kernel.sent.map(({ header }) => [header.msg_type, header.subshell_id])).toEqual([
      ['execute_request', undefined],
    ]);
    expect(kernel.sent[0]?.content).toMatchObject({ code: '', silent: true, store_history: false });
  });

  test.each([
    ['that is free', true],
    ['whose run goes on', false],
  ])('at the subshell of one %s, where completions wait for it', async (_title, isFree) => {
    kernel.hasSubshells = true;
    kernel.isFree = isFree;
    kernel.questions.expectPeople();
    await asked();
    await kernel.reply({ status: 'ok', subshell_id: 'sub' });
    expect(kernel.sent.at(-1)?.header).toMatchObject({ msg_type: 'execute_request', subshell_id: 'sub' });
  });

  test('after the run, where the kernel has no subshells', async () => {
    kernel.isFree = false;
    kernel.questions.expectPeople();
    await asked();
    expect(kernel.sent).toEqual([]);
    kernel.isFree = true;
    kernel.questions.statusChanged();
    await asked();
    expect(kernel.types()).toEqual(['execute_request']);
  });

  test('before its first completion, though people are not there for long', async () => {
    const answer = kernel.questions.ask(complete, asker('ann'));
    await waitUntil('both were asked', () => kernel.sent.length === 2);
    expect(kernel.types()).toEqual(['execute_request', 'complete_request']);
    await kernel.reply({ status: 'ok' });
    expect(await answer).toEqual({ status: 'ok' });
  });

  test('in no kernel but IPython’s', async () => {
    kernel.isIpython = false;
    kernel.questions.expectPeople();
    await asked();
    expect(kernel.sent).toEqual([]);
  });
});

describe('a kernel that is slow to answer', () => {
  beforeEach(() => {
    kernel = new Kernel({ soonMs: 1 });
    kernel.hasSubshells = true;
    kernel.isFree = false;
  });

  const askedBeside = async (): Promise<ReplyContent> => {
    const answer = kernel.questions.ask(complete, asker('ann'));
    await settled();
    await kernel.reply({ status: 'ok', subshell_id: 'sub' });
    return answer;
  };

  test('is said to be busy, and what it answers then is told', async () => {
    const busy = await askedBeside();
    expect(busy).toMatchObject({ status: 'kernelBusy' });
    await kernel.reply({ status: 'ok', matches: ['print'] });
    expect(later).toEqual([[busy['questionId'], { status: 'ok', matches: ['print'] }]]);
    kernel.questions.kernelBecameFree();
    expect(kernel.types()).toEqual(['create_subshell_request', 'complete_request']);
  });

  test('also where it is free and has no subshell', async () => {
    kernel.isFree = true;
    kernel.hasSubshells = false;
    const busy = await kernel.questions.ask(complete, asker('ann'));
    await kernel.reply({ status: 'ok', matches: [] });
    expect(later).toEqual([[busy['questionId'], { status: 'ok', matches: [] }]]);
  });

  test('that then has no subshell after all is asked between two runs', async () => {
    const busy = await kernel.questions.ask(complete, asker('ann'));
    await kernel.reply({ status: 'error', ename: 'Unsupported' });
    expect(later).toEqual([]);
    kernel.questions.kernelBecameFree();
    await kernel.reply({ status: 'ok', matches: [] });
    expect(later).toEqual([[busy['questionId'], { status: 'ok', matches: [] }]]);
  });

  test('answers only the newest of an asker and a kind, and nobody who has left', async () => {
    const older = await askedBeside();
    const newer = await kernel.questions.ask({ ...complete, code: 'newer' }, asker('ann'));
    expect(newer).toMatchObject({ status: 'kernelBusy' });
    expect(later).toEqual([[older['questionId'], { status: 'aborted' }]]);
    kernel.questions.dropOf('ann');
    await kernel.reply({ status: 'ok', matches: [] });
    expect(later).toHaveLength(1);
  });

  test('and ends before it does answers that the question is given up, once', async () => {
    const busy = await askedBeside();
    kernel.questions.failAll('gone');
    await settled();
    expect(later).toEqual([[busy['questionId'], { status: 'aborted' }]]);
  });
});
