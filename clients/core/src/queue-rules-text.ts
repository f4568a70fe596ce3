/** Pure: the rules of a queue as a person reads them. */
import type { QueueRules } from '@cokernel/proto/hub';

/** Null when they are those of a new notebook, of which nothing has to be said. */
export function queueRulesText({ order, mostWaiting, mostSeconds }: QueueRules): string | null {
  const parts = [
    order === 'fair' ? ['people take turns'] : [],
    mostWaiting === null ? [] : [`at most ${String(mostWaiting)} waiting ${mostWaiting === 1 ? 'run' : 'runs'} each`],
    mostSeconds === null ? [] : [`a run may take ${String(mostSeconds)} s`],
  ].flat();
  return parts.length === 0 ? null : parts.join(' · ');
}
