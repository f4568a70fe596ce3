/**
 * Pure: what is new in a cell's outputs, as a reader of lines wants it. Each line is printed once, when it is whole; the
 * unfinished last line (a progress bar, a prompt of dots) is told apart, so that it can be redrawn in place.
 */
import type { Output } from '@cokernel/proto/notebook';

/** One cell as it is now. */
export interface CellSnapshot {
  readonly cellId: string;
  readonly source: string;
  /** The run that wrote its outputs; null when none is known. */
  readonly run: { readonly runId: string; readonly author: string; readonly state: string } | null;
  readonly count: number | null;
  /** `key` stays with an output while it lives. */
  readonly outputs: readonly { readonly key: string; readonly output: Output }[];
}

export type RunNews =
  | { readonly type: 'begun'; readonly snapshot: CellSnapshot }
  /** Whole lines of a stream, each with its line end. */
  | { readonly type: 'lines'; readonly name: string; readonly text: string }
  | { readonly type: 'output'; readonly output: Output }
  | { readonly type: 'ended'; readonly snapshot: CellSnapshot };

/** What of one run has been printed. */
export interface RunProgress {
  readonly runId: string;
  readonly ended: boolean;
  /** By output: for a stream the characters printed; for others 1. */
  readonly printed: ReadonlyMap<string, number>;
}

export interface Advance {
  readonly progress: RunProgress | null;
  readonly news: readonly RunNews[];
  /** The unfinished line, empty when there is none. */
  readonly live: string;
}

/** As if all of it had been printed: for what stood there before we came. */
export function alreadySeen(snapshot: CellSnapshot): RunProgress | null {
  if (snapshot.run === null || snapshot.run.state === 'running') return null;
  const printed = snapshot.outputs.map(({ key, output }): [string, number] => [key, sizeOf(output)]);
  return { runId: snapshot.run.runId, ended: true, printed: new Map(printed) };
}

export function advance(before: RunProgress | null, snapshot: CellSnapshot): Advance {
  const { run } = snapshot;
  if (run === null || run.state === 'queued') return { progress: before, news: [], live: '' };
  const isNew = before?.runId !== run.runId;
  const ended = run.state !== 'running';
  const printed = new Map(isNew ? [] : before.printed);
  const news: RunNews[] = isNew ? [{ type: 'begun', snapshot }] : [];
  let live = '';
  for (const { key, output } of snapshot.outputs) {
    const from = printed.get(key) ?? 0;
    const part = partToPrint(output, from, ended);
    if (part.news !== null) news.push(part.news);
    printed.set(key, part.printed);
    live = part.live;
  }
  if (ended && (isNew || !before.ended)) news.push({ type: 'ended', snapshot });
  return { progress: { runId: run.runId, ended, printed }, news, live };
}

interface Part {
  readonly news: RunNews | null;
  readonly printed: number;
  readonly live: string;
}

function partToPrint(output: Output, from: number, ended: boolean): Part {
  if (output.output_type !== 'stream') {
    return { news: from > 0 ? null : { type: 'output', output }, printed: 1, live: '' };
  }
  const { name, text } = output;
  const lineEnd = ended ? text.length : text.lastIndexOf('\n') + 1;
  // A line that was printed and is rewritten afterwards is left as it is: paper can't be taken back.
  const to = Math.max(from, lineEnd);
  const whole = text.slice(from, to);
  const lines = whole === '' || whole.endsWith('\n') ? whole : `${whole}\n`;
  return { news: lines === '' ? null : { type: 'lines', name, text: lines }, printed: to, live: text.slice(to) };
}

function sizeOf(output: Output): number {
  return output.output_type === 'stream' ? output.text.length : 1;
}

/** The same outputs under new keys, in the same order: what a moved cell is. */
export function withNewKeys(progress: RunProgress, snapshot: CellSnapshot): RunProgress {
  const sizes = [...progress.printed.values()];
  const printed = snapshot.outputs.map(({ key }, index): [string, number] => [key, sizes[index] ?? 0]);
  return { ...progress, printed: new Map(printed) };
}
