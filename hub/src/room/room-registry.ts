/**
 * The rooms of this hub: one a document, opened when somebody comes or a run needs it, closed a while after the last has
 * left and nothing runs. Two who ask at once get the same room.
 */
import type { FileId, HubEvent, KernelSpecView } from '@cokernel/proto/hub';
import { notebookMetadata } from '@cokernel/proto/notebook';
import path from 'node:path';
import { messageOf } from '../errors.js';
import type { HeldLease, HeldLeaseOptions } from '../run/held-lease.js';
import { holdLease } from '../run/held-lease.js';
import type { SessionLog } from '../run/kernel-session-options.js';
import type { KernelSessions } from '../run/kernel-sessions.js';
import type { OutputStore } from '../run/output-store.js';
import type { RunOutputs } from '../run/run-outputs.js';
import type { QueuedRun, RunQueue } from '../run/run-queue.js';
import { DocumentReferences } from './document-references.js';
import type { DocumentStore } from './document-store.js';
import type { FileIndex, FileTraits } from './file-index.js';
import { FileSync } from './file-sync.js';
import { GoneNotebooks } from './gone-notebooks.js';
import type { KernelSharing } from './kernel-sharing.js';
import type { NotebookFiles } from './notebook-files.js';
import { MovingFiles } from './moving-files.js';
import { NotebookPlaces } from './notebook-places.js';
import { NotebookKernel } from './notebook-kernel.js';
import { openRoom } from './open-room.js';
import type { TimelineStores } from './open-timeline.js';
import type { RoomFile } from './room-file.js';
import type { Room } from './room.js';
import { PathError } from './served-folder.js';
import type { ServedFolder } from './served-folder.js';

export interface RoomRegistryOptions {
  readonly folder: ServedFolder;
  readonly index: FileIndex;
  readonly store: DocumentStore;
  readonly timelineStores: TimelineStores;
  readonly notebookFiles: NotebookFiles;
  readonly outputStore: OutputStore;
  readonly queue: RunQueue;
  readonly lease: HeldLeaseOptions;
  readonly sessions: () => KernelSessions;
  readonly sharing: KernelSharing;
  readonly kernelLabels: Readonly<Record<string, string>>;
  readonly kernelSpecs: () => readonly KernelSpecView[];
  readonly version: string;
  readonly newId: () => string;
  readonly clock: () => Date;
  /** After the last has left: long enough for a reload (60,000). */
  readonly closeAfterMs: number;
  readonly log: SessionLog;
}

/** A room with what belongs to it but is none of its business. */
export interface OpenRoom {
  readonly room: Room;
  readonly file: RoomFile;
  readonly kernel: NotebookKernel;
}

interface Entry extends OpenRoom {
  readonly references: DocumentReferences;
  readonly lease: HeldLease;
  closing: NodeJS.Timeout | null;
}

export class RoomRegistry {
  private readonly rooms = new Map<FileId, Promise<Entry>>();
  /** Those of them that have opened. */
  private readonly ready = new Map<FileId, Entry>();
  private readonly closed = new Map<FileId, Promise<void>>();

  private readonly moving: MovingFiles;
  private readonly places: NotebookPlaces;

  constructor(private readonly options: RoomRegistryOptions) {
    this.places = new NotebookPlaces({ ...options, lookIfOpen: (fileId) => this.lookIfOpen(fileId) });
    this.moving = new MovingFiles({
      ...options,
      opened: (fileId) => this.opened(fileId),
      isOpen: (fileId) => this.rooms.has(fileId),
      onMoved: (room) => options.sharing.renamed(room),
    });
  }

  /** The id of a notebook by its path in the served folder. Throws `PathError`. */
  fileIdOf(relative: string): Promise<FileId> {
    return this.places.idOf(relative);
  }

  /** The room of a document. Throws `PathError`, `NotebookFormatError`, `QueueUnavailable`. */
  async open(fileId: FileId): Promise<OpenRoom> {
    // Else a cell that runs on in a kernel that is not taken over yet would be shown as lost.
    await this.options.sessions().adoption.settled();
    return this.openNow(fileId);
  }

  private async openNow(fileId: FileId): Promise<OpenRoom> {
    const known = this.rooms.get(fileId);
    if (known !== undefined) return known;
    const opening = this.build(fileId);
    this.rooms.set(fileId, opening);
    opening.then(
      // Nobody may ever come: who only asked for the session must not keep the room open for ever.
      (entry) => {
        this.ready.set(fileId, entry);
        this.closeLater(fileId, entry);
      },
      () => this.rooms.delete(fileId),
    );
    return opening;
  }

  /** The room of the file there (absolute, links resolved); null when nobody has it open. */
  async openedAt(absolute: string): Promise<OpenRoom | null> {
    const { folder, index } = this.options;
    const fileId = index.idAt(folder.relative(absolute));
    return fileId === null ? null : this.opened(fileId);
  }

  /** Moves a file or folder of the served folder; notebooks keep their rooms and histories. Throws `PathError`. */
  moveFile(from: string, to: string): Promise<void> {
    return this.moving.move(from, to);
  }

  /** Forgets the notebooks whose files have been gone since before then. */
  forgetGone(goneBefore: Date): Promise<void> {
    const { folder, index, clock } = this.options;
    const isOpen = (fileId: FileId): boolean => this.rooms.has(fileId);
    return new GoneNotebooks({ root: folder.root, index, isOpen, clock }).forget(goneBefore);
  }

  /** The kernels that an earlier hub left are here: rooms that opened before use theirs, and what none of them runs has ended. */
  async kernelsFound(): Promise<void> {
    const opened = await Promise.allSettled(this.rooms.values());
    for (const entry of opened) {
      if (entry.status === 'rejected') continue;
      const { room, kernel } = entry.value;
      await kernel.find();
      await this.endForgotten(room);
    }
  }

  /** Where runs of cells write; opens the room when nobody is there. */
  async cellOutputs(run: QueuedRun): Promise<RunOutputs> {
    if (run.fileId === null) throw new Error('a run in a cell names its notebook');
    const { room } = await this.openNow(run.fileId);
    return room.outputs;
  }

  /** How many rooms are open now. */
  get count(): number {
    return this.ready.size;
  }

  /** The rooms that are open now. */
  async list(): Promise<readonly Room[]> {
    const entries = await Promise.allSettled(this.rooms.values());
    return entries.flatMap((entry) => (entry.status === 'fulfilled' ? [entry.value.room] : []));
  }

  /** Tells everybody in every room. */
  tellAll(event: HubEvent): void {
    for (const opening of this.rooms.values()) {
      // A room that does not open has nobody to tell.
      opening.then(({ room }) => room.tell(event)).catch(() => undefined);
    }
  }

  /** Closes every room; sockets are told `code`. */
  async close(code: number, reason: string): Promise<void> {
    for (const [fileId, opening] of [...this.rooms]) {
      const entry = await opening.catch(() => null);
      entry?.room.closeAll(code, reason);
      if (entry !== null)
        await this.closeRoom(fileId, entry).catch((error: unknown) => this.closedBadly(fileId, error));
    }
  }

  /** Null: nobody has it open, or it does not open. */
  private async opened(fileId: FileId): Promise<OpenRoom | null> {
    return (await this.rooms.get(fileId)?.catch(() => null)) ?? null;
  }

  /** Not one that is being opened: it may wait for who asks. */
  private async lookIfOpen(fileId: FileId): Promise<boolean> {
    const entry = this.ready.get(fileId);
    await entry?.file.look().catch((error: unknown) => {
      this.options.log.warn({ fileId, error: messageOf(error) }, 'the file of a notebook could not be looked at');
    });
    return entry !== undefined;
  }

  private async build(fileId: FileId): Promise<Entry> {
    await this.closed.get(fileId);
    const { folder, lease } = this.options;
    const relative = await this.places.placeOf(fileId);
    if (relative === null) throw new PathError('missing', `there is no notebook with the id '${fileId}'`);
    const absolute = await folder.resolve(relative);
    const held = await holdLease(lease, { kind: 'notebook', id: fileId }, 0, () => this.leaseLost(fileId));
    try {
      const files = new FileSync(this.options);
      const opened = await files.open(fileId, absolute, held.fence);
      const { room, file } = openRoom({
        ...this.options,
        fileId,
        path: relative,
        absolute,
        opened,
        files,
        notebooksOf: (session) => this.options.sharing.notebooksOf(session),
        kernelGone: () => this.options.sharing.goneBecause(fileId),
        followMoved: (moved, identity) => this.moving.follow(moved, identity),
        seen: (traits) => this.seen(fileId, traits),
        onEmpty: () => this.emptied(fileId),
      });
      return await this.begun(room, file, held);
    } catch (error) {
      await held.release();
      throw error;
    }
  }

  /** A room that could not begin leaves neither a timer nor a watch behind. */
  private async begun(room: Room, file: RoomFile, lease: HeldLease): Promise<Entry> {
    try {
      await file.start();
      // The hub before was killed, or could not save.
      if (!file.isSaved) room.saving.changed();
      const kernel = this.kernelOf(room, file);
      await kernel.find();
      if (!this.options.sessions().adoption.isPending) await this.endForgotten(room);
      const references = this.referencesOf(room);
      references.start();
      return { room, file, kernel, references, lease, closing: null };
    } catch (error) {
      file.stop();
      await room.stop().catch((unstopped: unknown) => this.closedBadly(room.fileId, unstopped));
      throw error;
    }
  }

  private endForgotten(room: Room): Promise<void> {
    const goingOn = this.options.sessions().list();
    return room.outputs.endForgotten((runId) => goingOn.some((session) => session.currentRun?.runId === runId));
  }

  /** Never rejects: a notebook is saved though it may not be known again elsewhere. */
  private async seen(fileId: FileId, traits: FileTraits): Promise<void> {
    const { index, log } = this.options;
    await index.seen(fileId, traits).catch((error: unknown) => {
      log.warn({ fileId, error: messageOf(error) }, 'what the file of a notebook is was not stored');
    });
  }

  private kernelOf(room: Room, file: RoomFile): NotebookKernel {
    return new NotebookKernel({
      room,
      sessions: this.options.sessions(),
      sharing: this.options.sharing,
      queue: this.options.queue,
      labels: this.options.kernelLabels,
      workingDirectory: () => path.dirname(file.absolute),
      wish: () => wishOf(notebookMetadata(room.document.doc)?.toJSON() ?? {}),
    });
  }

  private referencesOf(room: Room): DocumentReferences {
    const { outputStore, log } = this.options;
    const { fileId, document } = room;
    return new DocumentReferences({
      fileId,
      doc: document.doc,
      outputs: outputStore,
      isWorking: () => isWorking(room),
      log,
    });
  }

  private emptied(fileId: FileId): void {
    const opening = this.rooms.get(fileId);
    opening
      ?.then((entry) => this.closeLater(fileId, entry))
      .catch((error: unknown) => this.options.log.warn({ fileId, error: messageOf(error) }, 'a room did not open'));
  }

  private closeLater(fileId: FileId, entry: Entry): void {
    if (entry.closing !== null) clearTimeout(entry.closing);
    entry.closing = setTimeout(() => {
      if (entry.room.clientCount > 0) return;
      if (isWorking(entry.room)) return this.closeLater(fileId, entry);
      this.closeRoom(fileId, entry).catch((error: unknown) => this.closedBadly(fileId, error));
    }, this.options.closeAfterMs);
    entry.closing.unref();
  }

  private async closeRoom(fileId: FileId, entry: Entry): Promise<void> {
    if (entry.closing !== null) clearTimeout(entry.closing);
    this.rooms.delete(fileId);
    this.ready.delete(fileId);
    entry.file.stop();
    const closing = entry.room
      .stop()
      .finally(() => entry.references.stop())
      .finally(() => entry.lease.release())
      .finally(() => this.closed.delete(fileId));
    this.closed.set(fileId, closing);
    await closing;
  }

  private leaseLost(fileId: FileId): void {
    this.options.log.error({ fileId }, 'the lease of a notebook ended: its room closes here');
    const opening = this.rooms.get(fileId);
    opening
      ?.then(async (entry) => {
        entry.room.closeAll(1001, 'another hub serves this notebook now');
        await this.closeRoom(fileId, entry);
      })
      .catch((error: unknown) => this.closedBadly(fileId, error));
  }

  private closedBadly(fileId: FileId, error: unknown): void {
    this.options.log.error({ error, fileId }, 'a room was not closed cleanly');
  }
}

function isWorking(room: Room): boolean {
  return room.queue.running !== null || room.queue.queued.length > 0;
}

function wishOf(metadata: Readonly<Record<string, unknown>>): { specName: string | null; language: string | null } {
  return { specName: textAt(metadata['kernelspec'], 'name'), language: textAt(metadata['kernelspec'], 'language') };
}

function textAt(value: unknown, key: string): string | null {
  if (typeof value !== 'object' || value === null || !(key in value)) return null;
  const found = Reflect.get(value, key) as unknown;
  return typeof found === 'string' ? found : null;
}
