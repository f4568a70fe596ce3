/** How many kernels may run, and what a refusal says. */
import { describe, expect, test } from '@jest/globals';
import { durationText, parseDuration } from '../../src/durations.js';
import { Refusal } from '../../src/errors.js';
import { refuseOneTooMany } from '../../src/run/kernel-limits.js';
import type { KernelLimits } from '../../src/run/kernel-limits.js';

const anns = { startedBy: 'ann', shown: 'Python 3 of a.ipynb' };
const bens = { startedBy: 'ben', shown: 'Python 3 of b.ipynb' };
const nobodys = { startedBy: null, shown: 'Deno 1a2b3c4d' };

function refusal(kernels: readonly (typeof anns | typeof nobodys)[], startedBy: string | null, limits: KernelLimits) {
  try {
    refuseOneTooMany(kernels, startedBy, limits);
    return null;
  } catch (error) {
    if (error instanceof Refusal) return error;
    throw error;
  }
}

describe('a limit of kernels', () => {
  test.each([
    ['no limits', [anns, anns, bens], 'ann', { perHub: null, perPerson: null }, null],
    ['room on the hub', [anns, bens], 'ann', { perHub: 3, perPerson: null }, null],
    ['a full hub', [anns, bens, nobodys], 'ann', { perHub: 3, perPerson: null }, 'yours: Python 3 of a.ipynb)'],
    ['a full hub of others', [bens, nobodys], 'ann', { perHub: 2, perPerson: null }, 'none of them is yours'],
    ['room for this person', [bens, bens, nobodys], 'ann', { perHub: null, perPerson: 1 }, null],
    ['no room for this person', [anns, bens], 'ann', { perHub: null, perPerson: 1 }, 'you have 1 kernel running here'],
    ['nobody’s kernels are not one person’s', [nobodys, nobodys], null, { perHub: null, perPerson: 1 }, null],
  ])('[P36] with %s', (_title, kernels, startedBy, limits, message) => {
    const refused = refusal(kernels, startedBy, limits);
    if (message === null) expect(refused).toBeNull();
    else expect(refused).toMatchObject({ code: 'tooManyKernels', message: expect.stringContaining(message) });
  });

  test('[P36] says which are one’s own and how to end one', () => {
    expect(refusal([anns, bens, anns], 'ann', { perHub: null, perPerson: 2 })?.message).toBe(
      'you have 2 kernels running here, which is all that one person may have (Python 3 of a.ipynb, Python 3 of a.ipynb): ' +
        'shut one down (kernel menu of its notebook, or `cokernel kernels --end ID`), or share one that runs',
    );
  });
});

describe('a span of time', () => {
  test.each([
    ['500ms', 500],
    ['90s', 90_000],
    ['30m', 1_800_000],
    ['1.5h', 5_400_000],
    ['1d', 86_400_000],
    ['30', null],
    ['m', null],
    ['-1m', null],
  ])('%s is %s ms', (text, ms) => {
    expect(parseDuration(text)).toBe(ms);
  });

  test.each([
    [1_800_000, '30 minutes'],
    [3_600_000, '1 hour'],
    [5_400_000, '90 minutes'],
    [500, '0.5 seconds'],
  ])('%d ms reads %s', (ms, text) => {
    expect(durationText(ms)).toBe(text);
  });
});
