/**
 * What a kernel offers as the next input (`%load`, `set_next_input`), written into the notebook in the name of who ran
 * the cell. The cell's own text is replaced only while it is what ran: what somebody has written since is not lost, and
 * the offer stands in a new cell below.
 */
import type * as Y from 'yjs';
import type { OutputEdit } from '@cokernel/proto/notebook';
import { findCell, insertCellAfter, makeCodeCell, setSource, sourceText } from '@cokernel/proto/notebook';
import type { QueuedRun } from '../run/run-queue.js';

type NextInput = Extract<OutputEdit, { type: 'nextInput' }>;

/** A run whose cell is gone has no place for it. */
export function writeNextInput(doc: Y.Doc, run: QueuedRun, { text, replace }: NextInput): void {
  const { target, author } = run.view;
  const cell = target.kind === 'cell' ? findCell(doc, target.cellId) : null;
  if (target.kind !== 'cell' || cell === null) return;
  if (replace && sourceText(cell)?.toJSON() === run.source) {
    setSource(doc, target.cellId, text);
    return;
  }
  const metadata = { cokernel: { author: { name: author.name, client: 'program' } } };
  insertCellAfter(doc, target.cellId, makeCodeCell(text, metadata));
}
