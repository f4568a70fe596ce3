/** Questions to real kernels while a cell runs, with subshells and without. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { RunId } from '@cokernel/proto/hub';
import { PromptId } from '@cokernel/proto/hub';
import { answersHub } from '../../src/run/hub-request.js';
import type { KernelQuestion, ReplyContent } from '../../src/run/kernel-question.js';
import { RealSession, printed, untilFile, withoutSubshells } from '../support/real-session.js';
import { scratchFolder, type ScratchFolder } from '../support/scratch-folder.js';
import { waitUntil } from '../support/wait-until.js';
import { repository } from '../../../test/end-to-end/support/repository.js';

const SLOW_MS = 120_000;
const complete: KernelQuestion = { kind: 'complete', code: 'pri', cursorPos: 3 };
let real: RealSession;
let go: string;
let later: [string, ReplyContent][];

beforeEach(() => {
  go = real.newFile();
  later = [];
});

const ask = (question: KernelQuestion) =>
  real.session.ask(question, { id: 'ann', answerLater: (id, content) => later.push([id, content]) });

/** The answer of a kernel that can be asked beside its run; on a busy machine it may be told later. */
async function answerTo(question: KernelQuestion): Promise<ReplyContent> {
  const content = await ask(question);
  if (content.status !== 'kernelBusy') return content;
  const told = () => later.find(([questionId]) => questionId === content['questionId']);
  await waitUntil('the answer is told', () => told() !== undefined);
  return told()?.[1] ?? {};
}

/** A run that goes on until `letGo`. */
async function occupied(before = ''): Promise<RunId> {
  const runId = await real.begin(`${before}\n${untilFile(go)}\nprint('done')`);
  await waitUntil('it runs', () => real.session.currentRun?.runId === runId);
  return runId;
}

/** Between two writes of one `print` the kernel may send what it has so far. */
const saying = (word: string): Promise<void> =>
  waitUntil(`it says ${word}`, () =>
    real
      .ofType('stream')
      .map(({ content }) => content['text'])
      .join('')
      .includes(word),
  );

const letGo = (): Promise<void> => writeFile(go, '');

describe('ipykernel with subshells', () => {
  beforeAll(async () => {
    real = await RealSession.start();
  }, SLOW_MS);
  afterAll(() => real.stop(), SLOW_MS);

  /** Whoever parses waits for the file: jedi parses whatever it completes. */
  const parsingAfter = (file: string): string => `
import pathlib, time
from parso.grammar import Grammar
parse = Grammar.parse
def late(*arguments, **named):
  while not pathlib.Path(${JSON.stringify(file)}).exists(): time.sleep(0.02)
  return parse(*arguments, **named)
Grammar.parse = late
name_of_mine = 1
print('changed')`;

  test(
    '[X21] completes from its namespace while it still loads what it completes with',
    async () => {
      const mayParse = real.newFile();
      const runId = await occupied(parsingAfter(mayParse));
      await saying('changed');
      const ofNamespace = { kind: 'complete', code: 'name_of_', cursorPos: 8 } as const;
      expect(await answerTo(ofNamespace)).toMatchObject({ status: 'ok', matches: ['name_of_mine'] });
      const code = 'def call(parameter): param';
      const ofSource = { kind: 'complete', code, cursorPos: code.length } as const;
      expect(await answerTo(ofSource)).toMatchObject({ status: 'ok', matches: [] });
      await writeFile(mayParse, '');
      const has = async (): Promise<boolean> => String((await answerTo(ofSource))['matches']) === 'parameter';
      await waitUntil('jedi completes', has);
      await letGo();
      expect((await real.endOf(runId)).at(-1)).toMatchObject({ state: 'succeeded' });
      const matchers = 'ip.disable_matchers, ip.custom_matchers';
      expect(printed(await real.run(`ip = get_ipython().Completer; print(${matchers})`))).toBe('[] []\n');
    },
    SLOW_MS,
  );

  test(
    '[X21] has loaded what it completes and shows errors with when people are there, and shows nothing of it',
    async () => {
      const names = `sorted(name for name in globals() if not name.startswith('_i'))`;
      const state = async () => printed(await real.run(`print(${names}, len(In), get_ipython().execution_count)`));
      const loaded = async () => {
        const wait = `[t.join() for t in __import__('threading').enumerate() if t.name == 'cokernel-loads-early']`;
        const parsed = `[file for files in __import__('parso').cache.parser_cache.values() for file in files]`;
        const sources = `__import__('stack_data').Source._class_local('__source_cache_with_lines', {})`;
        const code = `${wait}\nprint(len(${parsed}))\nprint(*${sources})`;
        const [count, read] = printed(await real.run(code)).split(/\n(.*)/s);
        return { parsed: Number(count), hasRead: (file: string) => read?.includes(file) === true };
      };
      await real.session.restart('Ann');
      await waitUntil('the kernel is back', () => real.session.view().status === 'idle');
      expect((await loaded()).parsed).toBe(0);
      const before = await state();
      const asked = () => real.ofType('execute_reply').filter(answersHub).length;
      const askedBefore = asked();
      real.session.expectPeople();
      await waitUntil('it is asked', () => asked() > askedBefore);
      expect(await state()).toBe(before.replaceAll(/\d+/g, (count) => String(Number(count) + 1)));
      const { parsed, hasRead } = await loaded();
      expect(parsed).toBeGreaterThan(5);
      expect(['ipykernel/iostream.py', 'traitlets/traitlets.py'].filter(hasRead)).toHaveLength(2);
      expect(await answerTo({ kind: 'complete', code: 'nam', cursorPos: 3 })).toMatchObject({ status: 'ok' });
      expect((await loaded()).parsed).toBe(parsed);
      expect(real.watched.filter(answersHub)).toEqual([]);
    },
    SLOW_MS,
  );

  test(
    'answers completion, inspection, is_complete and variables while a cell runs',
    async () => {
      await real.run(
        'count = 3; words = ["a"] * 10_000\nclass Odd:\n  def __repr__(self): raise ValueError("no")\nodd = Odd()\nimport os',
      );
      const runId = await occupied();
      expect(await answerTo(complete)).toMatchObject({
        status: 'ok',
        matches: expect.arrayContaining(['print']) as unknown,
      });
      expect(await answerTo({ kind: 'inspect', code: 'print', cursorPos: 5, detailLevel: 0 })).toMatchObject({
        found: true,
      });
      expect(await answerTo({ kind: 'isComplete', code: 'for x in y:' })).toMatchObject({ status: 'incomplete' });
      const { variables, reason } = (await answerTo({ kind: 'variables' })) as {
        variables: unknown[];
        reason: unknown;
      };
      expect(reason).toBeNull();
      expect(variables).toEqual([
        { name: 'Odd', type: 'type', summary: expect.stringContaining('Odd') as unknown },
        { name: 'count', type: 'int', summary: '3' },
        { name: 'odd', type: 'Odd', summary: expect.stringContaining('Odd instance') as unknown },
        { name: 'words', type: 'list', summary: expect.stringMatching(/^\['a', 'a', .*\.\.\.\]$/) as unknown },
      ]);
      expect(real.session.currentRun?.runId).toBe(runId);
      const states = () =>
        real.watched.filter(({ header }) => header.msg_type === 'status' || /_reply$/.test(header.msg_type));
      // Who listens to the kernel hears of that run alone, lest a completion's idle pass for the run's.
      const before = states().length;
      await answerTo(complete);
      expect(states()).toHaveLength(before);
      await letGo();
      expect((await real.endOf(runId)).at(-1)).toMatchObject({ state: 'succeeded' });
      expect(real.ofType('create_subshell_reply')).toHaveLength(2);
    },
    SLOW_MS,
  );

  test(
    '[J15] what a cell prints and offers while questions are answered beside it stays its own',
    async () => {
      const runId = await occupied(
        'get_ipython().set_next_input("late = 1")\nfor i in range(300): print(i, flush=True)',
      );
      for (let asked = 0; asked < 5; asked += 1)
        await Promise.all([answerTo({ kind: 'variables' }), answerTo(complete)]);
      await letGo();
      const entries = await real.endOf(runId);
      expect(printed(entries)).toBe(`${Array.from({ length: 300 }, (_, i) => `${String(i)}\n`).join('')}done\n`);
      expect(entries).toContainEqual({ type: 'nextInput', text: 'late = 1', replace: false });
    },
    SLOW_MS,
  );

  /** Leaves its `catch_warnings` while the first completion of `slow.` is under way. */
  const SPOILING = `
import threading, warnings
inside, left = threading.Event(), threading.Event()
class Slow:
  def __dir__(self):
    inside.set()
    left.wait()
    return ['spoilt_once']
slow = Slow()
with warnings.catch_warnings():
  print('entered', flush=True)
  inside.wait()
left.set()`;

  test(
    '[X21] is asked again what it left unanswered because code left catch_warnings meanwhile',
    async () => {
      const runId = await occupied(SPOILING);
      await saying('entered');
      const answer = await answerTo({ kind: 'complete', code: 'slow.', cursorPos: 5 });
      expect(answer).toMatchObject({ status: 'ok', matches: ['spoilt_once'] });
      await letGo();
      expect((await real.endOf(runId)).at(-1)).toMatchObject({ state: 'succeeded' });
    },
    SLOW_MS,
  );

  test(
    '[J18] lets a cell ask people after its variables were listed beside it',
    async () => {
      const runId = await real.begin(`${untilFile(go)}\nprint('so', input('well? '))`);
      await waitUntil('it runs', () => real.session.currentRun?.runId === runId);
      expect(await answerTo({ kind: 'variables' })).toMatchObject({ status: 'ok', reason: null });
      await letGo();
      await waitUntil('it asks', () => real.ofType('input_request').length === 1);
      const [prompt] = real.ofType('input_request');
      await real.session.answerPrompt(PromptId.parse(prompt?.header.msg_id), 'yes');
      expect(printed(await real.endOf(runId))).toBe('well? yes\nso yes\n');
    },
    SLOW_MS,
  );

  test(
    'has its subshell made anew after a restart',
    async () => {
      await answerTo(complete);
      await real.session.restart('Ann');
      await waitUntil('the kernel is back', () => real.session.view().status === 'idle');
      const runId = await occupied();
      expect(await answerTo(complete)).toMatchObject({ status: 'ok' });
      expect(real.ofType('create_subshell_reply')).toHaveLength(3);
      await letGo();
      await real.endOf(runId);
    },
    SLOW_MS,
  );

  test(
    'counts positions in code points',
    async () => {
      await real.run('größe = 1');
      const code = '"😀𝒳"; grö';
      const cursorPos = Array.from(code).length;
      expect(await answerTo({ kind: 'complete', code, cursorPos })).toMatchObject({
        matches: ['größe'],
        cursor_start: cursorPos - 3,
        cursor_end: cursorPos,
      });
    },
    SLOW_MS,
  );
});

describe('a kernel without subshells', () => {
  beforeAll(async () => {
    real = await RealSession.start(await withoutSubshells());
  }, SLOW_MS);
  afterAll(() => real.stop(), SLOW_MS);

  test(
    'says at once that it is busy, and answers between this run and the next',
    async () => {
      const first = await occupied();
      const next = await real.begin(`print('next'); ${'pass; '.repeat(3)}`);
      const busy = await ask(complete);
      expect(busy).toMatchObject({ status: 'kernelBusy' });
      expect(real.session.currentRun?.runId).toBe(first);
      const variables = await ask({ kind: 'variables' });
      await letGo();
      await waitUntil('both are answered', () => later.length === 2);
      const answers = Object.fromEntries(later);
      expect(answers[String(busy['questionId'])]).toMatchObject({
        matches: expect.arrayContaining(['print']) as unknown,
      });
      expect(answers[String(variables['questionId'])]).toMatchObject({ status: 'ok', reason: null });
      await real.endOf(next);
      const order = real.heard.flatMap(({ header, parent_header: parent }) => {
        if (header.msg_type === 'complete_reply') return ['complete'];
        return header.msg_type === 'execute_reply' && parent.msg_id === next ? ['next'] : [];
      });
      expect(order).toEqual(['complete', 'next']);
      expect(real.ofType('create_subshell_reply')).toEqual([]);
    },
    SLOW_MS,
  );

  test(
    'that dies or is restarted answers what waits as given up',
    async () => {
      await occupied();
      const busy = await ask(complete);
      await real.session.restart('Ann');
      expect(later).toEqual([[busy['questionId'], { status: 'aborted' }]]);
    },
    SLOW_MS,
  );
});

describe('deno', () => {
  let scratch: ScratchFolder;

  beforeAll(async () => {
    scratch = await scratchFolder();
    const argv = [process.execPath, repository.deno, 'jupyter', '--kernel', '--conn', '{connection_file}'];
    const env = { HOME: scratch.path, DENO_DIR: path.join(scratch.path, 'deno'), NODE_OPTIONS: '' };
    real = await RealSession.start(argv, { env, language: 'typescript', interrupt_mode: 'message' });
  }, SLOW_MS);

  afterAll(async () => {
    await real.stop();
    await scratch.remove();
  }, SLOW_MS);

  test(
    'is asked between two runs, in code points, and says that it can list no variables',
    async () => {
      const code = '"😀"; consol';
      const cursorPos = Array.from(code).length;
      const file = JSON.stringify(go);
      const wait = `for (;;) try { Deno.statSync(${file}); break } catch { await new Promise((r) => setTimeout(r, 20)) }`;
      const runId = await real.begin(wait);
      await waitUntil('it runs', () => real.session.currentRun?.runId === runId);
      expect(await ask({ kind: 'complete', code, cursorPos })).toMatchObject({ status: 'kernelBusy' });
      const none = { status: 'ok', variables: [], reason: "of typescript kernels variables can't be listed" };
      expect(await ask({ kind: 'variables' })).toEqual(none);
      await letGo();
      await waitUntil('it is answered', () => later.length === 1);
      expect(later[0]?.[1]).toMatchObject({ matches: ['console'], cursor_start: 5, cursor_end: cursorPos });
      await real.endOf(runId);
    },
    SLOW_MS,
  );
});
