/**
 * HistoryStore: what happened in each notebook's room, in order, to be played again. A history is made of segments, each of
 * which begins with the whole document; it keeps within a bound by dropping the oldest. It is no journal: what was
 * appended is not waited for on the disk, and a crash may lose the last second, which the next `append` makes up for.
 */
import type { FileId, HistoryRecord } from '@cokernel/proto/hub';

/** A segment's beginning; the store counts. */
export type SegmentBegin = Omit<Extract<HistoryRecord, { type: 'began' }>, 'segment' | 'type'>;

export interface HistoryStore {
  /** In order, as far as can be read. Empty when there is none. */
  read(fileId: FileId): AsyncIterable<HistoryRecord>;
  /** The records of the newest segment, to go on from; empty when there is none, or when it is full. */
  newest(fileId: FileId): Promise<readonly HistoryRecord[]>;
  /** Seals the newest segment, and begins another with this state. */
  begin(fileId: FileId, begin: SegmentBegin): Promise<void>;
  /** Behind the newest segment's last record; answers whether that is full now, so that another should begin. */
  append(fileId: FileId, records: readonly HistoryRecord[]): Promise<{ readonly full: boolean }>;
  /** Resolves when nothing is under way. */
  close(): Promise<void>;
}
