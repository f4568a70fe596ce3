/** What became of a request to run, for who needs it accepted. */
import { Refusal } from '../errors.js';
import type { AcceptedRuns, EnqueueOutcome } from './run-queue.js';

/** Throws `Refusal` (tooManyWait). */
export function acceptedRuns(outcome: EnqueueOutcome): AcceptedRuns {
  if (outcome.outcome === 'accepted') return outcome;
  const { waiting, mostWaiting } = outcome;
  throw new Refusal(
    'tooManyWait',
    `at most ${String(mostWaiting)} runs of one person may wait for this kernel, and ${String(waiting)} of yours do; ` +
      'wait until some have run, or cancel some',
  );
}
