/** Which versions are kept. */
import { describe, expect, test } from '@jest/globals';
import { VersionId } from '@cokernel/proto/hub';
import type { VersionView } from '@cokernel/proto/hub';
import { MAX_DENSE, MAX_UNNAMED, superfluousVersions } from '../../src/room/thinned-versions.js';

const now = new Date('2026-11-22T12:00:00Z');
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** The newest has the highest number, whatever the order of `ages`. */
function versionsOf(ages: readonly number[], more: Partial<VersionView> = {}): VersionView[] {
  const oldestFirst = [...ages].sort((a, b) => b - a);
  return oldestFirst.map((age, index) => ({
    versionId: VersionId.parse(String(index + 1)),
    at: new Date(now.getTime() - age).toISOString(),
    kind: 'afterBatch',
    name: null,
    author: null,
    cells: 1,
    ...more,
  }));
}

const every = (ms: number, count: number, from = 0): number[] =>
  Array.from({ length: count }, (_, index) => from + index * ms);

function agesLeft(versions: readonly VersionView[]): number[] {
  const gone = new Set(superfluousVersions(versions, now));
  return versions.filter(({ versionId }) => !gone.has(versionId)).map(({ at }) => now.getTime() - Date.parse(at));
}

describe('of the versions that the hub kept by itself', () => {
  test('all of the last day stay', () => {
    expect(agesLeft(versionsOf(every(10 * MINUTE, 144)))).toHaveLength(144);
  });

  test('before that one an hour stays, the newest of it', () => {
    const left = agesLeft(versionsOf(every(10 * MINUTE, 6 * 24, DAY + 5 * MINUTE)));
    expect(left).toHaveLength(24);
    expect(new Set(left.map((age) => (age / MINUTE) % 60))).toEqual(new Set([5]));
  });

  test('after a week one a day stays', () => {
    expect(agesLeft(versionsOf(every(6 * HOUR, 40, 8 * DAY + HOUR)))).toHaveLength(11);
  });

  test('[P39] a busy day leaves room for the older ones, and no more than the bound stay', () => {
    const left = agesLeft(versionsOf([...every(MINUTE, 1_000), ...every(6 * HOUR, 600, 2 * DAY)]));
    expect(left).toHaveLength(MAX_UNNAMED);
    expect(left.filter((age) => age < MAX_DENSE * MINUTE)).toHaveLength(MAX_DENSE);
    expect(left.some((age) => age > 30 * DAY)).toBe(true);
  });
});

describe('what a person kept', () => {
  test('[P39] stays by its name, however old', () => {
    expect(
      superfluousVersions(versionsOf(every(MINUTE, 300, 400 * DAY), { name: 'mine', kind: 'named' }), now),
    ).toEqual([]);
  });

  test('stays as the newest checkpoint; older ones are thinned as the others', () => {
    const left = agesLeft(versionsOf(every(MINUTE, 5, 400 * DAY), { kind: 'checkpoint' }));
    expect(left).toEqual([400 * DAY + MINUTE, 400 * DAY]);
  });
});
