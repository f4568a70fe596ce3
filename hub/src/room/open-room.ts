/** Builds one room out of its parts, wired to each other, and starts it. */
import type { Author, FileId, KernelSpecView, NotebookView } from '@cokernel/proto/hub';
import { OutputWriter } from '@cokernel/proto/notebook';
import type { KernelSession } from '../run/kernel-session.js';
import type { SessionLog } from '../run/kernel-session-options.js';
import type { OutputStore } from '../run/output-store.js';
import type { RunQueue } from '../run/run-queue.js';
import { CellOutputs } from './cell-outputs.js';
import type { FileTraits } from './file-index.js';
import type { FileSync, OpenedDocument } from './file-sync.js';
import { KeptQueueRules } from './kept-queue-rules.js';
import { nameKernel } from './name-kernel.js';
import { openTimeline, type TimelineStores } from './open-timeline.js';
import type { FileIdentity } from './moved-file.js';
import { RoomAwareness } from './room-awareness.js';
import { RoomClient } from './room-client.js';
import { RoomDocument } from './room-document.js';
import { RoomFile } from './room-file.js';
import { Room } from './room.js';
import { Saving } from './saving.js';
import { storeFailed, storeFull } from './store-notices.js';

export interface OpenRoomOptions {
  readonly fileId: FileId;
  readonly path: string;
  readonly absolute: string;
  readonly opened: OpenedDocument;
  readonly files: FileSync;
  readonly timelineStores: TimelineStores;
  readonly outputStore: Pick<OutputStore, 'isReferred' | 'refer' | 'setReferences'>;
  readonly queue: RunQueue;
  readonly version: string;
  readonly kernelSpecs: () => readonly KernelSpecView[];
  readonly notebooksOf: (session: KernelSession) => readonly NotebookView[];
  /** What became of a kernel that the notebook lost. */
  readonly kernelGone: () => string | null;
  readonly clock: () => Date;
  /** Where a file is that was moved by another program; it is told to the room. */
  readonly followMoved: (room: Room, file: FileIdentity) => Promise<string | null>;
  /** What the file is now, or is about to be; durable when it resolves. */
  readonly seen: (traits: FileTraits) => Promise<void>;
  readonly onEmpty: (room: Room) => void;
  readonly log: SessionLog;
}

const AUTOSAVE = { quietMs: 1_000, latestMs: 10_000, retryMs: 5_000 };
const AWARENESS_BATCH_MS = 50;

export function openRoom(options: OpenRoomOptions): { readonly room: Room; readonly file: RoomFile } {
  const { opened, clock, log, fileId } = options;
  const { doc } = opened;
  // The parts below speak to the room, and the room is made of them: each is called only after `start`.
  const saving = new Saving({
    ...AUTOSAVE,
    clock,
    write: () => file.save(),
    onChanged: (view) => room.tell({ event: 'saved', saving: view }),
  });
  const document = new RoomDocument({
    doc,
    log: opened.log,
    marks: opened.marks,
    movedCells: opened.movedCells,
    relay: (update, except) => room.relayUpdate(update, except),
    onStored: (vector) => room.tell({ event: 'stored', stateVector: Buffer.from(vector).toString('base64') }),
    onChanged: () => saving.changed(),
    onStoreFailed: (error) => {
      log.error({ error, fileId }, 'the log of a notebook could not be written');
      room.tell(storeFailed(error));
    },
    onFull: (isFull) => {
      log.warn({ fileId, isFull }, 'there is no room for the log of a notebook, or there is again');
      room.tell(storeFull(isFull));
    },
    record: (update, { origin, printed }) => {
      const by = printed ? 'printed' : authorOf(room, origin);
      return () => timeline.updated(update, by);
    },
    onNotCompacted: (error) => log.warn({ error, fileId }, 'the log of a notebook was not compacted'),
  });
  const timeline = openTimeline({
    ...options,
    document,
    stores: options.timelineStores,
    tell: (event) => room.tell(event),
  });
  const file = new RoomFile({
    ...options,
    document,
    tell: (event) => room.tellSomebody(event),
    beforeMerge: async () => {
      await timeline.versions.keep('beforeMerge').catch((error: unknown) => {
        log.warn({ error, fileId }, 'no version was kept before a merge');
      });
    },
    followMoved: (identity) => options.followMoved(room, identity),
    onError: (error) => log.warn({ error, fileId }, 'a change of a notebook on the disk was not taken'),
  });
  const awareness = new RoomAwareness({
    doc,
    batchMs: AWARENESS_BATCH_MS,
    broadcast: (update) => room.broadcastAwareness(update),
  });
  const room: Room = new Room(
    {
      fileId,
      document,
      awareness,
      timeline,
      saving,
      outputs: new CellOutputs(document, new OutputWriter(doc)),
      queue: options.queue,
      queueRules: new KeptQueueRules(opened.log, opened.queueRules),
      version: options.version,
      kernelSpecs: options.kernelSpecs,
      notebooksOf: options.notebooksOf,
      kernelGone: options.kernelGone,
      onKernelReady: (session) => {
        nameKernel(document, session).catch((error: unknown) =>
          log.error({ error, fileId }, 'metadata was not stored'),
        );
      },
      onEmpty: () => options.onEmpty(room),
    },
    options.path,
  );
  document.start();
  awareness.start();
  timeline.start();
  return { room, file };
}

/** Null: the hub, or a program that said no hello. */
function authorOf(room: Room, origin: unknown): Author | null {
  const participantId = origin instanceof RoomClient ? origin.participantId : null;
  return participantId === null ? null : room.author(participantId);
}
