/**
 * Pure: what is known of a run's outputs that are too large for the document, as it is kept in memory and as it is stored
 * with the outputs: small and JSON, so that another hub can go on from it.
 */
import { StoredText } from '@cokernel/proto/notebook';
import type { WrittenBefore } from '@cokernel/proto/notebook';
import { z } from 'zod';
import type { OpenStream } from './open-stream.js';
import { RunText } from './open-stream.js';
import type { ReducerState } from './output-reducer.js';

const StreamName = z.enum(['stdout', 'stderr']);

/** A text to which nothing is added any more, and whose hash the document does not name yet. */
const ClosedText = z.object({
  index: z.number(),
  name: StreamName,
  number: z.number(),
  /** In the document. */
  shown: z.number(),
  stored: StoredText,
});
type ClosedText = Readonly<z.infer<typeof ClosedText>>;

export interface BoundState {
  /** Outputs since the last clear that are in the document. */
  readonly shown: number;
  /** Outputs since the last clear that are not. */
  readonly hidden: number;
  /** The line that counts hidden outputs is in the document. */
  readonly isCounted: boolean;
  readonly isCountLate: boolean;
  /** UTF-16 units of the displays that are shown. */
  readonly displayLength: number;
  /** How many texts the run has begun. */
  readonly texts: number;
  readonly streams: readonly OpenStream[];
  readonly closed: readonly ClosedText[];
  /** The hidden outputs, one a line. */
  readonly hiddenText: RunText | null;
  /** Display ids of hidden outputs, the newest ones. */
  readonly hiddenDisplays: readonly string[];
}

export const UNBOUNDED_YET: BoundState = {
  shown: 0,
  hidden: 0,
  isCounted: false,
  isCountLate: false,
  displayLength: 0,
  texts: 0,
  streams: [],
  closed: [],
  hiddenText: null,
  hiddenDisplays: [],
};

/** Without what the document, the store and the reducer's state have already. */
const StoredStream = z.object({
  index: z.number(),
  name: StreamName,
  isHidden: z.boolean(),
  start: z.number(),
  isWholeLine: z.boolean(),
  length: z.number(),
  lines: z.number(),
  tail: z.string(),
  text: RunText.nullable(),
  shown: z.number(),
  /** Behind the first part, while nothing of it is in the store: the document may not have it yet. */
  beyond: z.string(),
});

export const StoredBoundState = z.object({
  shown: z.number(),
  hidden: z.number(),
  isCounted: z.boolean(),
  isCountLate: z.boolean(),
  displayLength: z.number(),
  texts: z.number(),
  streams: z.array(StoredStream).readonly(),
  closed: z.array(ClosedText).readonly(),
  hiddenText: RunText.nullable(),
  hiddenDisplays: z.array(z.string()).readonly(),
});
export type StoredBoundState = Readonly<z.infer<typeof StoredBoundState>>;

export function toStored(state: BoundState): StoredBoundState {
  const streams = state.streams.map(({ rest, isLate: _late, ...stream }) => {
    const isElsewhere = stream.text !== null || stream.isHidden;
    return { ...stream, beyond: isElsewhere ? '' : rest.slice(stream.start) };
  });
  return { ...state, streams };
}

/** `textOf`: what the document has of a stream; null when a client took it away. */
export function fromStored(
  stored: StoredBoundState,
  { openStreams }: ReducerState,
  textOf: (index: number) => string | null,
): BoundState {
  const streams = stored.streams.map(({ beyond, ...stream }): OpenStream => {
    const line = openStreams.find(({ index }) => index === stream.index)?.text.line ?? '';
    const isLate = stream.length > stream.start || stream.text !== null;
    if (stream.text !== null || stream.isHidden) return { ...stream, rest: line, isLate };
    const whole = (textOf(stream.index)?.slice(0, stream.start) ?? '') + beyond;
    // Of what was taken away, the line that may still change is needed.
    return { ...stream, rest: whole.length === stream.length ? whole : line, isLate };
  });
  return { ...stored, streams };
}

/** What a document has of the run's outputs. */
export function boundBefore({ shown, isCounted, streams, closed }: StoredBoundState): WrittenBefore {
  const inDocument = [...streams.filter(({ isHidden }) => !isHidden), ...closed];
  const openStreams = inDocument.map(({ index, name, shown: length }) => ({ index, name, length }));
  if (!isCounted) return { appended: shown, openStreams };
  // The line that counts hidden outputs is the last one.
  return { appended: shown + 1, openStreams: [...openStreams, { name: 'stderr', index: shown, length: 0 }] };
}
