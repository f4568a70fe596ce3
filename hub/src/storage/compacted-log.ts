/** What compaction makes of a log: its header, and one frame that holds the document, its marks and its facts. */
import * as Y from 'yjs';
import { baseContent, headerContent, readContent } from './embedded/log-content.js';
import { encodeFrame, type Frame } from './embedded/log-frame.js';

export interface CompactedLog {
  readonly header: Uint8Array<ArrayBuffer>;
  readonly base: Uint8Array<ArrayBuffer>;
  /** Of the document as one update; a part of `base`. */
  readonly stateBytes: number;
}

/** Of the frames up to `lastSeq`, which the base takes over; `fence` is the writer's. */
export function compactedLog(frames: readonly Frame[], fence: number, lastSeq: number): CompactedLog {
  const before = frames.filter((frame) => frame.fence < fence || frame.seq <= lastSeq);
  const { epoch, updates, marks, facts } = readContent(before);
  const state = stateOf(updates);
  return {
    header: encodeFrame({ ...headerContent(epoch), fence, seq: lastSeq - 1 }),
    base: encodeFrame({ ...baseContent(state, marks, facts), fence, seq: lastSeq }),
    stateBytes: state.byteLength,
  };
}

/** By applying, never by merging: merging thousands of updates takes minutes, and keeps what was deleted. */
function stateOf(updates: readonly Uint8Array[]): Uint8Array {
  const doc = new Y.Doc();
  // In one transaction: to end one costs more than to apply a keystroke.
  doc.transact(() => {
    for (const update of updates) Y.applyUpdate(doc, update);
  });
  const state = Y.encodeStateAsUpdate(doc);
  doc.destroy();
  return state;
}
