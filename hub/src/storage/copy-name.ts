/**
 * The names of documents of other histories that are kept apart: the time first, so that names sort by age, then the
 * hash of the bytes. A stock client comes back with the same document every second or so: it is kept once.
 */
import { createHash } from 'node:crypto';

/** `names`: of those that are kept already; one of the same bytes keeps its name. */
export function copyName(names: readonly string[], state: Uint8Array, now: Date): string {
  const end = `-${createHash('sha256').update(state).digest('hex').slice(0, 32)}.yjs`;
  return names.find((name) => name.endsWith(end)) ?? `${now.toISOString().replaceAll(':', '-')}${end}`;
}
