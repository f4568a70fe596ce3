/**
 * Plays what happened in a room again, record by record (`HubClient.history`). Each step has the notebook as it was
 * then; at the end it is the notebook that the hub has.
 */
import type { HistoryRecord } from '@cokernel/proto/hub';
import { readDocument } from '@cokernel/proto/notebook';
import type { Notebook } from '@cokernel/proto/notebook';
import { fromBase64 } from 'lib0/buffer';
import * as Y from 'yjs';

export interface HistoryStep {
  readonly record: HistoryRecord;
  /** The document as it was then; it is the same object, grown, in the next step of its epoch. */
  readonly doc: Y.Doc;
  /** The notebook as it was then. */
  notebook(): Notebook;
}

/** Begins with the first `began`; what stands before it can't be played. */
export async function* playHistory(
  records: AsyncIterable<HistoryRecord> | Iterable<HistoryRecord>,
): AsyncGenerator<HistoryStep> {
  let stage = { doc: new Y.Doc(), epoch: '' };
  for await (const record of records) {
    // A segment that goes on in the same epoch holds nothing new.
    if (record.type === 'began' && record.epoch !== stage.epoch) stage = { doc: new Y.Doc(), epoch: record.epoch };
    if (stage.epoch === '') continue;
    const { doc } = stage;
    if (record.type === 'began') Y.applyUpdate(doc, fromBase64(record.state));
    else if ('update' in record) Y.applyUpdate(doc, fromBase64(record.update));
    yield { record, doc, notebook: () => readDocument(doc) };
  }
}
