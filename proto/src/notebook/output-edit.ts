/**
 * Pure: what a run does to the outputs of its cell, as data. The output reducer makes edits, the OutputWriter
 * puts them into a document; between the two they can be joined, stored and counted.
 */
import type { JsonObject } from './json.js';
import type { MimeBundle, Output } from './nbformat.js';

export type OutputEdit =
  /** All outputs of the cell go away; `index` counts from 0 again. */
  | { readonly type: 'clear' }
  /** A new last output; `displayId` is remembered, not saved (J17). */
  | { readonly type: 'append'; readonly output: Output; readonly displayId?: string }
  /**
   * The text of a stream output from `from` (a UTF-16 offset) to its end becomes `text`. `index` counts the outputs
   * that this run appended since its last clear.
   */
  | { readonly type: 'replaceText'; readonly index: number; readonly from: number; readonly text: string }
  /** Every output with that display id, in whatever cell, shows this from now on. */
  | {
      readonly type: 'updateDisplay';
      readonly displayId: string;
      readonly data: MimeBundle;
      readonly metadata: JsonObject;
    };
