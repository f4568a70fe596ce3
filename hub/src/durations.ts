/** Pure: spans of time as people write and read them, such as `30m`. */

const UNITS_MS = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;
const NAMES = [
  ['d', 'day', 'days'],
  ['h', 'hour', 'hours'],
  ['m', 'minute', 'minutes'],
  ['s', 'second', 'seconds'],
] as const;

/** Milliseconds of `500ms`, `90s`, `30m`, `2h`, `1d`; null when it is none of these. */
export function parseDuration(text: string): number | null {
  const [, amount, unit] = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)$/.exec(text.trim()) ?? [];
  if (amount === undefined || unit === undefined) return null;
  return Math.round(Number(amount) * UNITS_MS[unit as keyof typeof UNITS_MS]);
}

/** In the largest unit of which it is a whole number: `30 minutes`. */
export function durationText(ms: number): string {
  for (const [unit, one, many] of NAMES) {
    const count = ms / UNITS_MS[unit];
    if (count >= 1 && Number.isInteger(count)) return count === 1 ? `1 ${one}` : `${String(count)} ${many}`;
  }
  return `${String(ms / UNITS_MS.s)} seconds`;
}
