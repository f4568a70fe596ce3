/** When a kernel is asked to load early; what that does to a real one, kernel-session-questions tells. */
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { EarlyLoading } from '../../src/run/early-loading.js';

const QUIET_MS = 500;
let ask: jest.Mock<() => Promise<boolean>>;
let loading: EarlyLoading;

beforeEach(() => {
  jest.useFakeTimers();
  ask = jest.fn(() => Promise.resolve(true));
  loading = new EarlyLoading({ ask, quietMs: QUIET_MS });
});

afterEach(() => {
  jest.useRealTimers();
});

const quiet = (milliseconds = QUIET_MS): Promise<void> => jest.advanceTimersByTimeAsync(milliseconds);

describe('a kernel loads early', () => {
  test('when people are there, and not for programs', async () => {
    loading.statusChanged();
    await quiet();
    expect(ask).not.toHaveBeenCalled();
    loading.want();
    await quiet();
    expect(ask).toHaveBeenCalledTimes(1);
  });

  test('at a quiet moment: short runs, one after the other, put it off', async () => {
    loading.want();
    for (let status = 0; status < 10; status += 1) {
      await quiet(QUIET_MS - 1);
      loading.statusChanged();
    }
    expect(ask).not.toHaveBeenCalled();
    await quiet();
    expect(ask).toHaveBeenCalledTimes(1);
  });

  test('once, whoever comes and whatever runs', async () => {
    for (let time = 0; time < 3; time += 1) {
      loading.want();
      loading.statusChanged();
      await quiet();
    }
    expect(ask).toHaveBeenCalledTimes(1);
  });

  test('at once when somebody completes, and then not once more', async () => {
    loading.want();
    loading.hurry();
    loading.hurry();
    expect(ask).toHaveBeenCalledTimes(1);
    await quiet();
    expect(ask).toHaveBeenCalledTimes(1);
  });

  test('anew in its next process', async () => {
    loading.want();
    await quiet();
    loading.forget();
    loading.statusChanged();
    await quiet();
    expect(ask).toHaveBeenCalledTimes(2);
  });

  test.each([
    ['could not be asked', () => Promise.resolve(false)],
    ['did not answer', () => Promise.reject(new Error('no answer'))],
  ])('after its next change, where it %s', async (_how, answer) => {
    ask.mockImplementationOnce(answer);
    loading.want();
    await quiet();
    expect(ask).toHaveBeenCalledTimes(1);
    loading.statusChanged();
    await quiet();
    expect(ask).toHaveBeenCalledTimes(2);
  });

  test('not when it is gone meanwhile', async () => {
    loading.want();
    loading.forget();
    await quiet();
    expect(ask).not.toHaveBeenCalled();
  });
});
