/**
 * Pure: bounds what one run may put into a document. A stream keeps its first part and its newest lines; between them a
 * line says how much is not shown. Outputs beyond a number or a size are counted and said likewise. Nothing goes without
 * such a line. What is shown late (the newest lines, the counts) is asked for by `lateEdits`, as often as the caller
 * wants to write it.
 *
 * The state is JSON and small, so that it can be stored with the edits and another hub can go on from it.
 */
import type { OutputEdit } from '@cokernel/proto/notebook';
import { z } from 'zod';

export interface OutputBounds {
  /** UTF-16 units of a stream that are shown from its beginning: as much as a page shows without effort. */
  readonly streamHead: number;
  /** And of its end: some screens full. */
  readonly streamTail: number;
  readonly outputs: number;
  /** UTF-16 units of all displays together. */
  readonly displays: number;
}

export const DEFAULT_BOUNDS: OutputBounds = {
  streamHead: 256 * 1024,
  streamTail: 8 * 1024,
  outputs: 2_000,
  displays: 64 * 1024 * 1024,
};

/** What a stream has beyond its head. */
const Beyond = z.object({
  index: z.number(),
  length: z.number(),
  lines: z.number(),
  /** The end of it, at most `streamTail`. */
  tail: z.string(),
});
type Beyond = z.infer<typeof Beyond>;

export const BoundState = z.object({
  /** Outputs since the last clear that are in the document. */
  shown: z.number(),
  displaySize: z.number(),
  /** Outputs since the last clear that are not. */
  hidden: z.number(),
  beyond: z.array(Beyond).readonly(),
  /** The line that counts hidden outputs is in the document. */
  isCounted: z.boolean(),
});
export type BoundState = Readonly<z.infer<typeof BoundState>>;

export const UNBOUNDED_YET: BoundState = { shown: 0, displaySize: 0, hidden: 0, beyond: [], isCounted: false };

export interface Bounded {
  readonly state: BoundState;
  readonly edits: readonly OutputEdit[];
  /** `lateEdits` has something new to say. */
  readonly isLate: boolean;
}

export function boundEdit(state: BoundState, edit: OutputEdit, bounds: OutputBounds): Bounded {
  switch (edit.type) {
    case 'clear':
      return { state: UNBOUNDED_YET, edits: [edit], isLate: false };
    case 'append':
      return boundAppend(state, edit, bounds);
    case 'replaceText':
      return boundText(state, edit, bounds);
    case 'updateDisplay':
    case 'nextInput':
    case 'editFile':
      return { state, edits: [edit], isLate: false };
  }
}

/** The newest lines of long streams and the count of hidden outputs, as they are now. */
export function lateEdits(
  state: BoundState,
  bounds: OutputBounds,
): { readonly state: BoundState; readonly edits: readonly OutputEdit[] } {
  const edits: OutputEdit[] = state.beyond.map((beyond) => {
    return { type: 'replaceText', index: beyond.index, from: bounds.streamHead, text: shownBeyond(beyond) };
  });
  if (state.hidden === 0) return { state, edits };
  const text = `⋯ ${number(state.hidden)} more outputs are not shown ⋯\n`;
  if (state.isCounted) edits.push({ type: 'replaceText', index: state.shown, from: 0, text });
  else edits.push({ type: 'append', output: { output_type: 'stream', name: 'stderr', text } });
  return { state: { ...state, isCounted: true }, edits };
}

function boundAppend(state: BoundState, edit: Extract<OutputEdit, { type: 'append' }>, bounds: OutputBounds): Bounded {
  const size = state.displaySize + displaySize(edit);
  if (state.hidden > 0 || state.shown >= bounds.outputs || size > bounds.displays) {
    return { state: { ...state, hidden: state.hidden + 1 }, edits: [], isLate: true };
  }
  const index = state.shown;
  const after = { ...state, shown: index + 1, displaySize: size };
  const { output } = edit;
  if (output.output_type !== 'stream' || output.text.length <= bounds.streamHead) {
    return { state: after, edits: [edit], isLate: false };
  }
  const begun: OutputEdit = { ...edit, output: { ...output, text: output.text.slice(0, bounds.streamHead) } };
  const rest = { type: 'replaceText', index, from: 0, text: output.text } as const;
  return { ...boundText(after, rest, bounds), edits: [begun] };
}

function boundText(
  state: BoundState,
  edit: Extract<OutputEdit, { type: 'replaceText' }>,
  bounds: OutputBounds,
): Bounded {
  if (edit.index >= state.shown) return { state, edits: [], isLate: false };
  const { index, from, text } = edit;
  const known = state.beyond.find((one) => one.index === index);
  const others = state.beyond.filter((one) => one !== known);
  const room = Math.max(0, bounds.streamHead - from);
  const rest = text.slice(room);
  const edits: OutputEdit[] = room > 0 ? [{ ...edit, text: text.slice(0, room) }] : [];
  if (rest === '' && room > 0) return { state: { ...state, beyond: others }, edits, isLate: false };
  const before = cut(known ?? { index, length: 0, lines: 0, tail: '' }, Math.max(0, from - bounds.streamHead));
  const beyond = extended(before, rest, bounds.streamTail);
  return { state: { ...state, beyond: [...others, beyond] }, edits, isLate: true };
}

/** Text is only ever taken back on its last line. */
function cut(beyond: Beyond, length: number): Beyond {
  const taken = Math.max(0, beyond.length - length);
  return { ...beyond, length: beyond.length - taken, tail: beyond.tail.slice(0, beyond.tail.length - taken) };
}

function extended(beyond: Beyond, text: string, streamTail: number): Beyond {
  const { index } = beyond;
  const tail = (beyond.tail + text.slice(-streamTail)).slice(-streamTail);
  return { index, length: beyond.length + text.length, lines: beyond.lines + newlines(text), tail };
}

function shownBeyond({ length, lines, tail }: Beyond): string {
  if (length <= tail.length) return tail;
  const newest = tail.slice(tail.indexOf('\n') + 1);
  const left = `${number(length - newest.length)} characters in ${number(lines - newlines(newest))} lines`;
  return `\n⋯ ${left} are not shown ⋯\n${newest}`;
}

function displaySize({ output }: Extract<OutputEdit, { type: 'append' }>): number {
  if (output.output_type !== 'display_data' && output.output_type !== 'execute_result') return 0;
  return Object.values(output.data).reduce<number>((sum, value) => sum + sizeOf(value), 0);
}

function sizeOf(value: unknown): number {
  return typeof value === 'string' ? value.length : JSON.stringify(value).length;
}

function newlines(text: string): number {
  let count = 0;
  for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) count += 1;
  return count;
}

function number(value: number): string {
  return value.toLocaleString('en');
}
