/** When a host is asked again for the kernels of an earlier hub: by a clock of the test's. */
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import type { KernelId } from '@cokernel/proto/hub';
import { pino } from 'pino';
import { type HostedKernel, KernelHostError } from '../../src/kernel/kernel-host.js';
import { Adoption } from '../../src/run/adoption.js';
import { newKernelId } from '../support/queued-run.js';

const estate = { isOurs: () => true, cwdOf: () => '/' };

function hosted(kernelId: KernelId): HostedKernel {
  const facts = { specName: 's', state: 'ready', labels: {}, lastSeq: 0, journalId: 'j', kernelInfo: null } as const;
  return { kernelId, ...facts, knowsAllRequests: true, origin: 'started' };
}

const away = (): Promise<never> => Promise.reject(new KernelHostError('unreachable', 'it is away'));

/** `kernels` and `takeOver` may be changed on the way. */
class Stage {
  kernels: () => Promise<readonly HostedKernel[]> = away;
  takeOver: (kernelId: KernelId) => Promise<void> = () => Promise.resolve();
  readonly askedAt: number[] = [];
  readonly taken: KernelId[] = [];
  gone: ReadonlySet<KernelId> | null = null;

  readonly own = new Set<KernelId>();
  readonly adoption = new Adoption({
    host: {
      kernels: () => {
        this.askedAt.push(performance.now());
        return this.kernels();
      },
    },
    isOwn: (kernelId) => this.own.has(kernelId),
    takeOver: async ({ kernelId }) => {
      await this.takeOver(kernelId);
      this.taken.push(kernelId);
    },
    endGone: (all) => {
      this.gone = all;
      return Promise.resolve();
    },
    log: pino({ level: 'silent' }),
  });
}

let stage: Stage;

beforeEach(() => {
  jest.useFakeTimers();
  stage = new Stage();
});

afterEach(() => {
  stage.adoption.stop();
  jest.useRealTimers();
});

describe('a host that can not say which kernels there are', () => {
  test('[X7] is asked again after pauses that grow to ten seconds and no further, until it can', async () => {
    await expect(stage.adoption.begin(estate)).rejects.toThrow('it is away');
    await jest.advanceTimersByTimeAsync(60_000);
    const pauses = stage.askedAt.slice(1).map((at, index) => at - (stage.askedAt[index] ?? 0));
    expect(pauses.slice(0, 8).map(Math.round)).toEqual([300, 600, 1_200, 2_400, 4_800, 9_600, 10_000, 10_000]);
    // What is judged by the kernels that are there waits; notebooks do not.
    expect([stage.adoption.isPending, stage.adoption.isComplete, stage.gone]).toEqual([true, false, null]);
    await stage.adoption.settled();
    const kernelId = newKernelId();
    stage.kernels = () => Promise.resolve([hosted(kernelId)]);
    await jest.advanceTimersByTimeAsync(10_000);
    expect([stage.adoption.isPending, stage.adoption.isComplete, stage.taken]).toEqual([false, true, [kernelId]]);
    const { length } = stage.askedAt;
    await jest.advanceTimersByTimeAsync(60_000);
    expect(stage.askedAt).toHaveLength(length);
  });

  test('is asked at once by who needs its kernels, and what this hub has opened itself meanwhile is left to it', async () => {
    await expect(stage.adoption.begin(estate)).rejects.toThrow('it is away');
    await expect(stage.adoption.finished()).rejects.toMatchObject({ code: 'kernelFailed' });
    const [left, own] = [newKernelId(), newKernelId()];
    stage.own.add(own);
    stage.kernels = () => Promise.resolve([hosted(left), hosted(own)]);
    await stage.adoption.finished();
    expect([stage.taken, [...(stage.gone ?? [])]]).toEqual([[left], [left, own]]);
  });

  test('is asked no more once the hub lets go, and what it says then is not heard', async () => {
    let answer: (kernels: readonly HostedKernel[]) => void = () => undefined;
    stage.kernels = () => new Promise((resolve) => (answer = resolve));
    const begun = stage.adoption.begin(estate);
    stage.adoption.stop();
    answer([hosted(newKernelId())]);
    await expect(begun).rejects.toMatchObject({ name: 'QueueUnavailable' });
    await jest.advanceTimersByTimeAsync(60_000);
    expect([stage.taken, stage.gone, stage.askedAt.length]).toEqual([[], null, 1]);
  });
});

test('[X7] a kernel whose host is away when it is taken over is tried again, alone, and ends nobody meanwhile', async () => {
  const [one, other] = [newKernelId(), newKernelId()];
  stage.kernels = () => Promise.resolve([hosted(one), hosted(other)]);
  stage.takeOver = (kernelId) => (kernelId === one ? away() : Promise.resolve());
  await stage.adoption.begin(estate);
  expect([stage.taken, stage.gone, stage.adoption.isPending]).toEqual([[other], null, true]);
  stage.takeOver = () => Promise.resolve();
  await jest.advanceTimersByTimeAsync(300);
  expect([stage.taken, stage.gone !== null, stage.adoption.isComplete]).toEqual([[other, one], true, true]);
});
