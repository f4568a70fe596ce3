/**
 * Pure: bounds what one run puts into a document, and says what goes into the output store instead. A stream keeps its
 * first part and its newest lines, a display what is small of it, an error the ends of its traceback; outputs beyond a
 * number are counted by a last line. Nothing is left out without a line that says so, and nothing is lost.
 *
 * What is shown late (the newest lines, the count) is asked for by `lateOutput`, as often as the caller wants to write it.
 */
import type { BoundContext, Bounded, FinishText } from './bound-context.js';
import type { BoundState } from './bound-state.js';
import { Bounding } from './bounding.js';
import type { Reduction } from './output-reducer.js';

export function boundReduction(state: BoundState, reduction: Reduction, context: BoundContext): Bounded {
  const bounding = new Bounding(state, context);
  for (const edit of reduction.edits) bounding.take(edit);
  bounding.settle(reduction.state.openStreams);
  return bounding;
}

/** `lateOutput` has something new to say. */
export function isLate({ streams, isCountLate }: BoundState): boolean {
  return isCountLate || streams.some((stream) => stream.isLate);
}

/** The newest lines of long streams and the count of hidden outputs, as they are now. */
export function lateOutput(state: BoundState, context: BoundContext): Bounded {
  const bounding = new Bounding(state, context);
  bounding.showLate();
  return bounding;
}

/** The run has ended: its texts are complete, for all that is known. */
export function endOutput(state: BoundState, context: BoundContext): Bounded {
  const bounding = new Bounding(state, context);
  bounding.showLate();
  bounding.finishTexts();
  return bounding;
}

/** The document names the hash of that output's text, or will never. */
export function hashNamed(state: BoundState, index: number): BoundState {
  return { ...state, closed: state.closed.filter((closed) => closed.index !== index) };
}

/** Nothing came to the text since this step. */
export function isComplete({ streams, hiddenText }: BoundState, step: FinishText): boolean {
  const stream = streams.find(({ text }) => text?.number === step.number);
  if (stream !== undefined) return stream.text?.bytes === step.at && stream.rest === step.rest;
  return hiddenText?.number !== step.number || hiddenText.bytes === step.at;
}

/** Of the texts that an earlier owner closed. */
export function unfinishedTexts({ closed }: BoundState): readonly FinishText[] {
  return closed.map(({ index, number, stored }) => {
    return { type: 'finish', number, at: stored.bytes, rest: '', index, stored };
  });
}
