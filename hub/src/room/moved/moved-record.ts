/**
 * Pure: what is known of moved cells as text, for the hub that opens the document next: who was away while a cell was moved
 * may come back after a restart.
 */
import { CellId } from '@cokernel/proto/hub';
import { toJson } from '@cokernel/proto/notebook';
import { z } from 'zod';
import type { GoneValues } from './late-values.js';
import { MovedText, type Id, type Run } from './moved-text.js';

/** The fact of a document's log that holds it. */
export const MOVED_CELLS = 'movedCells';

/** Of the newest texts, when many cells went at once: it is written anew with each that goes. */
const MAX_LENGTH = 256 * 1024;

const StoredId = z.tuple([z.number(), z.number()]).transform(([client, clock]) => ({ client, clock }));
const StoredRun = z
  .tuple([StoredId, z.number(), z.string().nullable(), StoredId.nullable(), z.boolean()])
  .transform(([id, length, text, to, waits]): Run => ({ id, length, text, to, waits }));
const StoredText = z.object({
  cellId: CellId,
  cellItem: StoredId,
  textItem: StoredId.nullable(),
  until: z.number(),
  isBound: z.boolean(),
  runs: z.array(StoredRun),
});
const PlaceShape = { of: z.enum(['cell', 'metadata']), key: z.string() };
const StoredValues = z.object({
  cellId: CellId,
  cellItem: StoredId,
  metadataItem: StoredId.nullable(),
  until: z.number(),
  known: z.array(z.object({ ...PlaceShape, id: StoredId, isGone: z.boolean() })),
  waiting: z.array(
    z.object({
      ...PlaceShape,
      value: z
        .unknown()
        .transform((value) => toJson(value))
        .optional(),
    }),
  ),
});
const StoredMoved = z.object({ texts: z.array(StoredText), values: z.array(StoredValues) });

export function writeMoved({
  texts,
  values,
}: Pick<Moved, 'texts'> & { readonly values: readonly GoneValues[] }): string {
  const storedTexts = newest(texts.map((text) => JSON.stringify(stored(text))));
  const storedOnes = newest(values.map((one) => JSON.stringify(storedValues(one))));
  return `{"texts":[${storedTexts.join(',')}],"values":[${storedOnes.join(',')}]}`;
}

export interface Moved {
  readonly texts: MovedText[];
  readonly values: GoneValues[];
}

/** Null: nothing was written. Of another version's text nothing is known: a document opens all the same. */
export function readMoved(written: string | null): Moved {
  const { texts = [], values = [] } = StoredMoved.safeParse(JSON.parse(written ?? '{}')).data ?? {};
  return { texts: texts.map(({ isBound, runs, ...options }) => new MovedText(options, runs, isBound)), values };
}

function newest(written: readonly string[]): readonly string[] {
  const kept: string[] = [];
  let length = 0;
  for (const one of written.toReversed()) {
    length += one.length;
    if (length > MAX_LENGTH) break;
    kept.unshift(one);
  }
  return kept;
}

function stored({ options, runs, isBound }: MovedText): z.input<typeof StoredText> {
  return {
    cellId: options.cellId,
    cellItem: pair(options.cellItem),
    textItem: options.textItem === null ? null : pair(options.textItem),
    until: options.until,
    isBound,
    runs: runs.map(({ id, length, text, to, waits }) => [pair(id), length, text, to === null ? null : pair(to), waits]),
  };
}

function storedValues({ cellItem, metadataItem, known, ...rest }: GoneValues): z.input<typeof StoredValues> {
  return {
    ...rest,
    cellItem: pair(cellItem),
    metadataItem: metadataItem === null ? null : pair(metadataItem),
    known: known.map((one) => ({ ...one, id: pair(one.id) })),
    waiting: [...rest.waiting],
  };
}

function pair({ client, clock }: Id): [number, number] {
  return [client, clock];
}
