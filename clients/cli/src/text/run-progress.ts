/**
 * Pure: what is new in a cell's outputs, as a reader of lines wants it. Each line is printed once, when it is whole; the
 * unfinished last line (a progress bar, a prompt of dots) is told apart, so that it can be redrawn in place.
 */
import { storedBundle, type Output, type StoredText } from '@cokernel/proto/notebook';

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
  /** Here is not all. `what` is left out, such as `1,234 more outputs`; null while nobody knows. */
  | { readonly type: 'cut'; readonly cellId: string; readonly what: string | null }
  | { readonly type: 'ended'; readonly snapshot: CellSnapshot };

/** What of one run has been printed. */
export interface RunProgress {
  readonly runId: string;
  readonly ended: boolean;
  /** By output: for a stream the characters printed, `CUT` more behind a cut; for others 1. */
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
    const part = partToPrint(output, from, { cellId: snapshot.cellId, ended });
    news.push(...part.news);
    printed.set(key, part.printed);
    live = part.live;
  }
  if (ended && (isNew || !before.ended)) news.push({ type: 'ended', snapshot });
  return { progress: { runId: run.runId, ended, printed }, news, live };
}

interface Part {
  readonly news: readonly RunNews[];
  readonly printed: number;
  readonly live: string;
}

interface Of {
  readonly cellId: string;
  readonly ended: boolean;
}

/** More than any text has. */
const CUT = 2 ** 50;

function partToPrint(output: Output, from: number, of: Of): Part {
  if (output.output_type !== 'stream') {
    const cut: RunNews[] = isCut(output) ? [{ type: 'cut', cellId: of.cellId, what: null }] : [];
    return { news: from > 0 ? [] : [{ type: 'output', output }, ...cut], printed: 1, live: '' };
  }
  const { name, text, stored } = output;
  if (stored !== undefined && stored.gap.to > stored.gap.from) return cutToPrint(name, text, from, { ...of, stored });
  const lineEnd = of.ended ? text.length : text.lastIndexOf('\n') + 1;
  // A line that was printed and is rewritten afterwards is left as it is: paper can't be taken back.
  const to = Math.max(from, lineEnd);
  return { news: linesNews(name, text.slice(from, to)), printed: to, live: text.slice(to) };
}

/** The first part, a word that it goes on, and at the end the newest lines: between them the document has them anew each second. */
function cutToPrint(name: string, text: string, from: number, of: Of & { readonly stored: StoredText }): Part {
  const { gap } = of.stored;
  const isSaid = from >= CUT;
  const printed = isSaid ? from - CUT : from;
  const first = isSaid ? [] : linesNews(name, text.slice(printed, gap.from));
  const newest = text.slice(gap.to);
  if (!of.ended) {
    const cut: RunNews[] = isSaid ? [] : [{ type: 'cut', cellId: of.cellId, what: null }];
    return { news: [...first, ...cut], printed: CUT + Math.max(printed, gap.from), live: lastLine(newest) };
  }
  if (printed === CUT) return { news: [], printed: from, live: '' };
  const { what, units } = leftOut(text.slice(gap.from, gap.to));
  // What was printed while it still had room here is not printed twice.
  const hole = gap.from + units - printed;
  const cut: RunNews[] = hole > 0 ? [{ type: 'cut', cellId: of.cellId, what }] : [];
  const news = [...first, ...cut, ...linesNews(name, newest.slice(Math.max(0, -hole)))];
  return { news, printed: 2 * CUT, live: '' };
}

function linesNews(name: string, text: string): readonly RunNews[] {
  return text === '' ? [] : [{ type: 'lines', name, text: text.endsWith('\n') ? text : `${text}\n` }];
}

/** What the hub's line says is not in the document. */
function leftOut(line: string): { readonly what: string | null; readonly units: number } {
  const [what = null, units] = /([\d,]+) (?:characters in [\d,]+ lines|more outputs)/.exec(line) ?? [];
  return { what, units: units === undefined ? Infinity : Number(units.replaceAll(',', '')) };
}

function lastLine(text: string): string {
  return text.trimEnd().split('\n').at(-1) ?? '';
}

function isCut(output: Exclude<Output, { output_type: 'stream' }>): boolean {
  if (output.output_type === 'error') return output.stored !== undefined;
  return storedBundle(output.data)?.['text/plain'] !== undefined;
}

function sizeOf(output: Output): number {
  if (output.output_type !== 'stream') return 1;
  return output.stored === undefined ? output.text.length : 2 * CUT;
}

/** The same outputs under new keys, in the same order: what a moved cell is. */
export function withNewKeys(progress: RunProgress, snapshot: CellSnapshot): RunProgress {
  const sizes = [...progress.printed.values()];
  const printed = snapshot.outputs.map(({ key }, index): [string, number] => [key, sizes[index] ?? 0]);
  return { ...progress, printed: new Map(printed) };
}
