/** Builds the timeline of one room, of its parts, over the stores. */
import type { FileId, HubEvent } from '@cokernel/proto/hub';
import { messageOf } from '../errors.js';
import type { SessionLog } from '../run/kernel-session-options.js';
import type { OutputStore } from '../run/output-store.js';
import type { HistoryStore } from './history-store.js';
import type { RoomDocument } from './room-document.js';
import { RoomHistory } from './room-history.js';
import { Timeline } from './timeline.js';
import type { VersionStore } from './version-store.js';
import { Versions } from './versions.js';

export interface TimelineStores {
  readonly versions: VersionStore;
  readonly history: HistoryStore;
}

export interface OpenTimelineOptions {
  readonly fileId: FileId;
  readonly document: RoomDocument;
  readonly stores: TimelineStores;
  readonly outputStore: Pick<OutputStore, 'isReferred' | 'refer' | 'setReferences'>;
  readonly clock: () => Date;
  readonly tell: (event: HubEvent) => void;
  readonly log: SessionLog;
}

const HISTORY_BATCH_MS = 1_000;

export function openTimeline({ stores, ...options }: OpenTimelineOptions): Timeline {
  const { fileId, document, tell, log } = options;
  const failed = (what: string) => (error: unknown) => {
    log.error({ error, fileId }, what);
    tell({ event: 'notice', level: 'warning', code: 'historyFailed', message: `${what}: ${messageOf(error)}` });
  };
  const versions = new Versions({ ...options, store: stores.versions });
  const history = new RoomHistory({
    ...options,
    epoch: document.epoch,
    doc: document.doc,
    store: stores.history,
    batchMs: HISTORY_BATCH_MS,
    onFailed: failed('What happens in this notebook is not recorded any more'),
  });
  return new Timeline({ fileId, versions, history, onFailed: failed('A version of this notebook was not kept') });
}
