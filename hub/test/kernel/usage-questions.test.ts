/** Asking a kernel what it uses, by a kernel that a test plays. */
import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import type { KernelUsage } from '@cokernel/proto/hub';
import { buildMessage, statusMessage, type KernelMessage, type MessageHeader } from '@cokernel/proto/jupyter';
import { UsageQuestions } from '../../src/kernel/usage-questions.js';

const FIGURES = { hostname: 'h', pid: 7, kernel_cpu: 12.3456, kernel_memory: 50_000_000 };

const answerTo = (parent: MessageHeader) => ({
  ...{ msgId: randomUUID(), session: 'kernel', username: 'kernel', date: '2026-01-01T00:00:00.000Z', parent },
});

const replyTo = ({ header }: KernelMessage, content: object): KernelMessage =>
  buildMessage(answerTo(header), {
    ...{ channel: 'control', msgType: 'usage_reply', content: { ...content }, parent: header },
  });

class World {
  readonly asked: KernelMessage[] = [];
  readonly told: KernelUsage[] = [];
  readonly logged: string[] = [];
  isWanted = true;
  isReachable = true;
  readonly questions = new UsageQuestions({
    everyMs: 1_000,
    isWanted: () => this.isWanted,
    send: (request) => {
      this.asked.push(request);
      return this.isReachable ? Promise.resolve() : Promise.reject(new Error('out of reach'));
    },
    onUsage: (usage) => this.told.push(usage),
    log: (_level, message) => this.logged.push(message),
  });

  /** The kernel's answer to the newest question. */
  answer(content: object = FIGURES): boolean {
    return this.questions.takes(replyTo(this.newest, content));
  }

  get newest(): KernelMessage {
    const newest = this.asked.at(-1);
    if (newest === undefined) throw new Error('nothing was asked');
    return newest;
  }
}

describe('what a kernel uses', () => {
  let world: World;

  beforeEach(() => {
    jest.useFakeTimers();
    world = new World();
    world.questions.start();
  });
  afterEach(() => {
    world.questions.stop();
    world.questions.stop();
    jest.useRealTimers();
  });

  const pass = (times = 1): Promise<void> => jest.advanceTimersByTimeAsync(times * 1_000);
  const measured = async (): Promise<void> => {
    await pass();
    world.answer();
  };

  test('is asked on control, and told from the second answer on, since the first has measured no time', async () => {
    await measured();
    expect(world.newest).toMatchObject({ channel: 'control', header: { msg_type: 'usage_request' } });
    expect(world.told).toEqual([]);
    await measured();
    expect(world.told).toEqual([{ rssBytes: 50_000_000, cpuPercent: 12.3 }]);
    expect(world.asked).toHaveLength(2);
  });

  test('is asked no more until the last question was answered, however late', async () => {
    await measured();
    await pass(10);
    expect(world.asked).toHaveLength(2);
    world.answer();
    await pass();
    expect(world.asked).toHaveLength(3);
    expect(world.told).toHaveLength(1);
  });

  test.each([
    ['it knows no figures', { hostname: 'h', pid: 7, cpu_count: 2 }],
    ['its figures are none', { kernel_cpu: '1', kernel_memory: -1 }],
  ])('is asked no more when %s', async (_title, content) => {
    await pass();
    expect(world.answer(content)).toBe(true);
    await pass(3);
    expect(world.asked).toHaveLength(1);
    expect(world.told).toEqual([]);
    expect(world.logged).toHaveLength(1);
  });

  test('is asked of a new process or by a new connection, though the former left a question open', async () => {
    await pass(2);
    const former = world.newest;
    world.questions.start();
    await measured();
    expect(world.asked).toHaveLength(2);
    expect(world.questions.takes(replyTo(former, FIGURES))).toBe(true);
    expect(world.told).toEqual([]);
  });

  test('is not asked while nobody wants to know, nor told as of all that time', async () => {
    await measured();
    world.isWanted = false;
    await pass(3);
    expect(world.asked).toHaveLength(1);
    world.isWanted = true;
    await measured();
    expect(world.told).toEqual([]);
    await measured();
    expect(world.told).toHaveLength(1);
  });

  test('is not told any more when it was stopped, and what belongs to its questions is known still', async () => {
    await measured();
    await pass();
    world.questions.stop();
    expect(world.answer()).toBe(true);
    expect(world.told).toEqual([]);
  });

  test('is told apart from what others ask', async () => {
    await measured();
    await pass();
    expect(world.questions.takes(statusMessage(answerTo(world.newest.header), 'busy'))).toBe(true);
    const others = { ...world.newest, header: { ...world.newest.header, session: 'other' } };
    expect(world.questions.takes(replyTo(others, FIGURES))).toBe(false);
    expect(world.told).toEqual([]);
  });

  test('is not known when the kernel is out of reach, and that is logged', async () => {
    world.isReachable = false;
    await pass();
    expect(world.logged).toEqual(['a kernel could not be asked what it uses']);
  });
});
