/** Pure: from the kernel's complete_reply to what Tab does. Jupyter counts code points, strings here count UTF-16 units. */
import { z } from 'zod';

const CompleteReply = z.object({
  matches: z.array(z.string()),
  cursor_start: z.number().int().nonnegative(),
  cursor_end: z.number().int().nonnegative(),
});

export interface Completion {
  readonly from: number;
  readonly to: number;
  /** What all matches begin with; empty when there are none. */
  readonly common: string;
  readonly matches: readonly string[];
}

/** Null when the reply has no matches or is no complete_reply. */
export function readCompletion(reply: unknown, text: string): Completion | null {
  const parsed = CompleteReply.safeParse(reply);
  if (!parsed.success || parsed.data.matches.length === 0) return null;
  const { matches, cursor_start, cursor_end } = parsed.data;
  return {
    from: codeUnits(text, cursor_start),
    to: codeUnits(text, cursor_end),
    common: matches.reduce(commonStart),
    matches,
  };
}

export function codePoints(text: string, offset: number): number {
  return Array.from(text.slice(0, offset)).length;
}

function codeUnits(text: string, points: number): number {
  return Array.from(text).slice(0, points).join('').length;
}

/** The matches in columns, as many as fit. */
export function matchColumns(matches: readonly string[], columns: number): string {
  const most = 100;
  const shown = matches.slice(0, most);
  const width = Math.max(...shown.map((match) => match.length)) + 2;
  const perRow = Math.max(1, Math.floor(columns / width));
  const rows: string[] = [];
  for (let at = 0; at < shown.length; at += perRow) {
    rows.push(
      shown
        .slice(at, at + perRow)
        .map((match) => match.padEnd(width))
        .join('')
        .trimEnd(),
    );
  }
  return [...rows, ...(matches.length > most ? [`… ${String(matches.length - most)} more`] : [])].join('\n');
}

function commonStart(a: string, b: string): string {
  let length = 0;
  while (length < a.length && a[length] === b[length]) length += 1;
  return a.slice(0, length);
}
