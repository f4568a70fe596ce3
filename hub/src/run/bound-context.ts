/** Pure: by what a run's outputs are bounded, and what a step of it asks for. */
import type { OutputEdit, StoredText } from '@cokernel/proto/notebook';
import { DEFAULT_OUTSIDE } from '@cokernel/proto/notebook';
import type { BoundState } from './bound-state.js';
import type { StreamBounds } from './open-stream.js';
import type { Blob } from './stored-display.js';
import type { StoredNames } from './stored-names.js';

export interface OutputBounds extends StreamBounds {
  readonly outputs: number;
  /** UTF-16 units of one MIME type of a display: larger than most tables, smaller than most plots. */
  readonly display: number;
  /** All displays together; those that come then keep only what is smaller than `displayThen`. */
  readonly displays: number;
  readonly displayThen: number;
  /** UTF-16 units of an error. */
  readonly error: number;
}

export const DEFAULT_BOUNDS: OutputBounds = {
  streamHead: DEFAULT_OUTSIDE.streamHead,
  streamTail: DEFAULT_OUTSIDE.streamTail,
  outputs: 2_000,
  display: DEFAULT_OUTSIDE.display,
  displays: 8 * 1024 * 1024,
  displayThen: 4 * 1024,
  error: 64 * 1024,
};

/** `at`: its bytes before; what stands behind them is cut off. */
export interface AppendText {
  readonly type: 'append';
  /** Of the text, among the run's. */
  readonly number: number;
  readonly at: number;
  readonly text: string;
}

/** The text is complete with `rest`, for all that is known. */
export interface FinishText {
  readonly type: 'finish';
  readonly number: number;
  readonly at: number;
  readonly rest: string;
  /** Of the output that names it, and its hash from then on. */
  readonly index: number;
  readonly stored: StoredText;
}

/** What is to be done with a text of the run in the store, in this order. */
export type TextStep =
  | AppendText
  | FinishText
  /** Nothing names it any more. */
  | { readonly type: 'drop'; readonly number: number };

export interface Bounded {
  readonly state: BoundState;
  readonly edits: readonly OutputEdit[];
  readonly steps: readonly TextStep[];
  /** Named by the edits. */
  readonly blobs: readonly Blob[];
}

export interface BoundContext {
  readonly bounds: OutputBounds;
  readonly names: StoredNames;
}
