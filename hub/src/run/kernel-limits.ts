/** Pure: how many kernels may run on a hub, and how many of one person; and how a refusal says what to do. */
import { Refusal } from '../errors.js';

export interface KernelLimits {
  /** Of the whole hub: what the machine's memory bears (a Python with its libraries takes 0.1 to 2 GB). Null: no limit. */
  readonly perHub: number | null;
  /** Of one person; a class of thirty on one machine wants 1 or 2. Null: no limit. */
  readonly perPerson: number | null;
}

export interface CountedKernel {
  /** The participant who started it; null when nobody did (a kernel of an older hub). */
  readonly startedBy: string | null;
  /** For a person, such as `Python 3 of a.ipynb`. */
  readonly shown: string;
}

const HOW_TO_END =
  'shut one down (kernel menu of its notebook, or `cokernel kernels --end ID`), or share one that runs';

/** Throws `Refusal` (tooManyKernels) when this person may not start one more beside these. */
export function refuseOneTooMany(
  kernels: readonly CountedKernel[],
  startedBy: string | null,
  limits: KernelLimits,
): void {
  const theirs = kernels.filter((kernel) => kernel.startedBy === startedBy);
  if (limits.perPerson !== null && startedBy !== null && theirs.length >= limits.perPerson) {
    const most = counted(limits.perPerson);
    throw refusal(`you have ${most} running here, which is all that one person may have (${listed(theirs)})`);
  }
  if (limits.perHub === null || kernels.length < limits.perHub) return;
  const yours = startedBy === null || theirs.length === 0 ? 'none of them is yours' : `yours: ${listed(theirs)}`;
  throw refusal(`${counted(limits.perHub)} run on this hub, which is all that it may have (${yours})`);
}

function refusal(why: string): Refusal {
  return new Refusal('tooManyKernels', `${why}: ${HOW_TO_END}`);
}

const counted = (count: number): string => (count === 1 ? '1 kernel' : `${String(count)} kernels`);

const listed = (kernels: readonly CountedKernel[]): string => kernels.map(({ shown }) => shown).join(', ');
