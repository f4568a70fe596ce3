/**
 * Pure: what a run does to the outputs of its cell, and what its payloads ask for, as data. The output reducer makes edits, the OutputWriter
 * puts them into a document; between the two they can be joined, stored and counted.
 */
import type { JsonObject } from './json.js';
import type { MimeBundle, Output } from './nbformat.js';
import type { StoredText } from './stored-output.js';

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
  /** Of that output the document has only a part; the whole lies in the store. `gap` counts as `from` does. */
  | { readonly type: 'storeText'; readonly index: number; readonly stored: StoredText }
  /** Every output with that display id, in whatever cell, shows this from now on. */
  | {
      readonly type: 'updateDisplay';
      readonly displayId: string;
      readonly data: MimeBundle;
      readonly metadata: JsonObject;
    }
  /** The kernel offers this as the next input (J15): in place of the cell's source, or below it. */
  | { readonly type: 'nextInput'; readonly text: string; readonly replace: boolean }
  /** The kernel asks for an editor at this place; the output says so too. */
  | { readonly type: 'editFile'; readonly file: string; readonly line: number };
