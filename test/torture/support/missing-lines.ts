/**
 * Pure: judges numbered lines of which some may be missing, as after the death of a keeper: those that are there stand in
 * order and once, and where some are missing a notice stands in their place.
 */
import type { ShownOutput } from './shown-output.js';

export interface Judgement {
  readonly faults: readonly string[];
  readonly missing: number;
  readonly notices: number;
}

/** A line that the hub wrote in place of what it could not get; the programs print nothing like it. */
const NOTICE = /^⋯ output may be missing here: .* ⋯$/;

interface Walk {
  readonly faults: string[];
  missing: number;
  /** Of the wanted lines: the next that may come. */
  next: number;
  noticed: boolean;
}

/** `wanted` is what all of it would look like. Each stream is judged for itself, with the notices of all. */
export function judgeLines(wanted: readonly ShownOutput[], found: readonly ShownOutput[]): Judgement {
  const streams = (['stdout', 'stderr'] as const).map((kind) => judgeStream(kind, linesOf(wanted, kind), found));
  const strange = found.filter(({ kind }) => kind !== 'display').flatMap(strangeLines);
  return {
    faults: [...streams.flatMap(({ faults }) => faults), ...strange],
    missing: streams.reduce((sum, { missing }) => sum + missing, 0),
    notices: found.flatMap(({ text }) => text.split('\n')).filter(isNotice).length,
  };
}

/** What somebody saw stays there. */
export function vanished(seen: readonly ShownOutput[], found: readonly ShownOutput[]): string[] {
  const [before, after] = [seen, found].map((outputs) => new Set(outputs.flatMap(({ text }) => text.split('\n'))));
  const gone = [...(before ?? [])].filter((line) => isLine(line) && after?.has(line) !== true);
  return gone.length === 0 ? [] : [`${gone.length} lines that Ben had seen are gone, the first is '${gone[0] ?? ''}'`];
}

function judgeStream(kind: 'stdout' | 'stderr', wanted: readonly string[], found: readonly ShownOutput[]): Walk {
  const places = new Map(wanted.map((line, index) => [line, index]));
  const walk: Walk = { faults: [], missing: 0, next: 0, noticed: false };
  for (const output of found) {
    for (const line of output.text.split('\n')) {
      const place = output.kind === kind ? places.get(line) : undefined;
      if (isNotice(line)) walk.noticed = true;
      else if (place !== undefined) step(walk, wanted, place);
    }
  }
  step(walk, wanted, wanted.length);
  return walk;
}

function step(walk: Walk, wanted: readonly string[], place: number): void {
  const [first, here] = [wanted[walk.next] ?? 'the end', wanted[place] ?? 'the end'];
  if (place < walk.next) walk.faults.push(`'${here}' comes again or too late: '${first}' was next`);
  if (place > walk.next) {
    walk.missing += place - walk.next;
    if (!walk.noticed) walk.faults.push(`'${first}' up to '${here}' are missing, and no notice says so there`);
  }
  walk.next = Math.max(walk.next, place + 1);
  walk.noticed = false;
}

function linesOf(outputs: readonly ShownOutput[], kind: 'stdout' | 'stderr'): readonly string[] {
  const own = outputs.filter((output) => output.kind === kind);
  return own.flatMap(({ text }) => text.split('\n').filter((line) => line !== ''));
}

function isLine(line: string): boolean {
  return /^line \d{5}$/.test(line);
}

function isNotice(line: string): boolean {
  return NOTICE.test(line);
}

function strangeLines({ text }: ShownOutput): string[] {
  const strange = text.split('\n').filter((line) => line !== '' && !isLine(line) && !isNotice(line));
  return strange.slice(0, 3).map((line) => `a line that nobody printed: ${JSON.stringify(line.slice(0, 120))}`);
}
