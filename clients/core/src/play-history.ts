/**
 * Plays what happened in a room again, record by record (`HubClient.history`). Each step has the notebook as it was
 * then; at the end it is the notebook that the hub has.
 */
import type { HistoryRecord } from '@cokernel/proto/hub';
import { NotebookSnapshots } from '@cokernel/proto/notebook';
import type { Notebook } from '@cokernel/proto/notebook';
import { fromBase64 } from 'lib0/buffer';
import * as Y from 'yjs';

export interface HistoryStep {
  readonly record: HistoryRecord;
  /** The document as it was then; it is the same object, grown, in the next step of its epoch. */
  readonly doc: Y.Doc;
  /** The notebook as it was then; cells that did not change since the last time it was asked for are the same objects. */
  notebook(): Notebook;
}

/** Begins with the first `began`; what stands before it can't be played. */
export async function* playHistory(
  records: AsyncIterable<HistoryRecord> | Iterable<HistoryRecord>,
): AsyncGenerator<HistoryStep> {
  let stage = stageOf('');
  for await (const record of records) {
    // A segment that goes on in the same epoch holds nothing new.
    if (record.type === 'began' && record.epoch !== stage.epoch) stage = stageOf(record.epoch);
    if (stage.epoch === '') continue;
    const { doc, snapshots } = stage;
    if (record.type === 'began') Y.applyUpdate(doc, fromBase64(record.state));
    else if ('update' in record) Y.applyUpdate(doc, fromBase64(record.update));
    yield { record, doc, notebook: () => snapshots.now() };
  }
}

function stageOf(epoch: string): {
  readonly doc: Y.Doc;
  readonly epoch: string;
  readonly snapshots: NotebookSnapshots;
} {
  const doc = new Y.Doc();
  const snapshots = new NotebookSnapshots(doc);
  snapshots.start();
  return { doc, epoch, snapshots };
}
