/** The keeper's small pure parts: a kernel's environment and how often it is started again. */
import { describe, expect, test } from '@jest/globals';
import { kernelEnvironment } from '../../src/keeper/kernel-environment.js';
import { RestartBudget } from '../../src/keeper/restart-budget.js';

describe('kernelEnvironment', () => {
  test("[J13] the spec's env is applied over the keeper's, with variables resolved", () => {
    const base = { HOME: '/h', PATH: '/bin', EMPTY: undefined };
    const spec = { PATH: '${HOME}/bin:${PATH}', KEPT: '${UNSET}', PLAIN: '$HOME' };
    expect(kernelEnvironment(base, spec)).toEqual({
      HOME: '/h',
      PATH: '/h/bin:/bin',
      KEPT: '${UNSET}',
      PLAIN: '$HOME',
    });
  });

  test('neither the parent to die with nor the token reaches a kernel', () => {
    expect(kernelEnvironment({ JPY_PARENT_PID: '1', COKERNEL_TOKEN: 't', A: 'a' }, {})).toEqual({ A: 'a' });
  });
});

describe('RestartBudget', () => {
  const make = () => new RestartBudget({ maxInARow: 5, stableMs: 10_000 });

  test('[J12] five restarts in a row are allowed, the sixth is not', () => {
    const budget = make();
    const allowed = Array.from({ length: 7 }, (_, index) => {
      budget.ready(index * 1_000);
      return budget.spend(index * 1_000 + 500);
    });
    expect(allowed).toEqual([true, true, true, true, true, false, false]);
  });

  test('[J12] a start that held for ten seconds counts anew', () => {
    const budget = make();
    for (let index = 0; index < 5; index += 1) budget.spend(index);
    budget.ready(100);
    expect(budget.spend(10_099)).toBe(false);
    budget.ready(20_000);
    expect(budget.spend(30_000)).toBe(true);
  });
});
