/**
 * Pure: what is known of moved cells as text, for the hub that opens the document next: who was away while a cell was moved
 * may come back after a restart.
 */
import { CellId } from '@cokernel/proto/hub';
import { z } from 'zod';
import { MovedText, type Run } from './moved-text.js';

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

export function writeMoved(texts: readonly MovedText[]): string {
  const written: string[] = [];
  let length = 0;
  for (const text of texts.toReversed()) {
    const one = JSON.stringify(stored(text));
    length += one.length;
    if (length > MAX_LENGTH) break;
    written.unshift(one);
  }
  return `[${written.join(',')}]`;
}

/** Null: nothing was written. Of another version's text nothing is known: a document opens all the same. */
export function readMoved(written: string | null): MovedText[] {
  const texts = z.array(StoredText).safeParse(JSON.parse(written ?? '[]')).data ?? [];
  return texts.map(({ isBound, runs, ...options }) => new MovedText(options, runs, isBound));
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

function pair({ client, clock }: { readonly client: number; readonly clock: number }): [number, number] {
  return [client, clock];
}
