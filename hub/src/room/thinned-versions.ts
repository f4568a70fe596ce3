/**
 * Pure: which versions are kept. All that have a name, and the newest checkpoint. Of the others all of the last 24 hours, one
 * an hour for a week, one a day before that, and no more than `MAX_UNNAMED`: where those of the last day would crowd out the
 * older ones, only the newest `MAX_DENSE` of them are all kept, and the rest by the hour.
 */
import type { VersionId, VersionView } from '@cokernel/proto/hub';

const HOUR_MS = 60 * 60_000;
const DAY_MS = 24 * HOUR_MS;
const WEEK_MS = 7 * DAY_MS;

export const MAX_UNNAMED = 200;
export const MAX_DENSE = 100;

/** Of versions in any order, those that may go. */
export function superfluousVersions(versions: readonly VersionView[], now: Date): readonly VersionId[] {
  const newestFirst = [...versions].sort((a, b) => Number(b.versionId) - Number(a.versionId));
  const checkpoint = newestFirst.find(({ kind }) => kind === 'checkpoint');
  const unnamed = newestFirst.filter((version) => version.name === null && version !== checkpoint);
  const all = onePerSlot(unnamed, now, Number.POSITIVE_INFINITY);
  const kept = all.length <= MAX_UNNAMED ? all : onePerSlot(unnamed, now, MAX_DENSE).slice(0, MAX_UNNAMED);
  const isKept = new Set(kept);
  return unnamed.filter((version) => !isKept.has(version)).map(({ versionId }) => versionId);
}

/** The newest of each slot; of the last day's each is a slot of its own, up to `dense` of them. */
function onePerSlot(newestFirst: readonly VersionView[], now: Date, dense: number): readonly VersionView[] {
  const taken = new Set<string>();
  return newestFirst.filter((version, index) => {
    const slot = slotOf(version, now, index < dense);
    if (taken.has(slot)) return false;
    taken.add(slot);
    return true;
  });
}

function slotOf({ versionId, at }: VersionView, now: Date, isDense: boolean): string {
  const time = Date.parse(at);
  const age = now.getTime() - time;
  if (age < DAY_MS && isDense) return `version ${versionId}`;
  return age < WEEK_MS ? `hour ${String(Math.floor(time / HOUR_MS))}` : `day ${String(Math.floor(time / DAY_MS))}`;
}
