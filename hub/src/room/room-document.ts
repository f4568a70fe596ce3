/**
 * RoomDocument: a notebook's live Yjs document over its log. It guarantees:
 * - a person's edit is applied once, handed on at once to all others, and appended to the log; one that builds on what the hub
 *   lacks waits for that, and goes with it to everybody;
 * - what the hub writes (outputs) is handed on, and is in a sync answer, only after its record is durable (design §4);
 * - an edit that meets a move of its cell is not lost: what the hub adds to it is in one record with it (`MovedCells`);
 * - nothing of another history is merged: the first struct of an epoch has a client id that the epoch gives.
 */
import * as Y from 'yjs';
import { sourceHash } from '@cokernel/proto/hub';
import type { Epoch } from '@cokernel/proto/hub';
import type { DocumentLog, KernelMark } from './document-store.js';
import { deletedBytes, deletedSinceBase, isTooLong } from './log-growth.js';
import { MovedCells } from './moved/moved-cells.js';
import { MOVED_CELLS } from './moved/moved-record.js';

/** The Yjs client id under which an epoch's first structs are written: the same for ever, and of no live client. */
export function genesisClientId(epoch: Epoch): number {
  return Number.parseInt(sourceHash(epoch).slice(0, 8), 16);
}

export interface RoomDocumentOptions {
  readonly doc: Y.Doc;
  readonly log: DocumentLog;
  /** The newest of each run, as the log had them when it was opened. */
  readonly marks: readonly KernelMark[];
  /** The log's fact `MOVED_CELLS`, as it was when it was opened. */
  readonly movedCells: string | null;
  /** Hands an update on to everybody but this socket, which it came from. */
  readonly relay: (update: Uint8Array, except: object | null) => void;
  /** The log is durable up to this state vector. */
  readonly onStored: (stateVector: Uint8Array) => void;
  readonly onChanged: () => void;
  readonly onStoreFailed: (error: unknown) => void;
  /** There is no room for the log, and what is not stored yet waits; or there is again. */
  readonly onFull: (isFull: boolean) => void;
  /** The log stays as long as it is, for the time being. */
  readonly onNotCompacted: (error: unknown) => void;
  /** An update was made, by this origin; `printed`: by a run. What is answered is called when it is durable. */
  readonly record: (update: Uint8Array, by: { readonly origin: unknown; readonly printed: boolean }) => () => void;
}

/** After a compaction that failed, the next is tried when the log has grown by so much. */
const TRY_AGAIN_AFTER_BYTES = 1024 * 1024;

/** Longer than a laptop's short sleep. */
const MOVED_KEPT_MS = 10 * 60 * 1000;

/** The origin of what the hub writes by itself. */
const HUB = { name: 'hub' };

export class RoomDocument {
  private writing: { mark: KernelMark | undefined; durable: Promise<void> } | null = null;
  /** The update that is being applied may bring with it edits of others that waited for it: they go to its author too. */
  private freesOthers = false;
  private compacting = false;
  private compactFromBytes = 0;
  /** Since the log was last compacted. */
  private deletedBytes = 0;
  private readonly moved: MovedCells;

  constructor(private readonly options: RoomDocumentOptions) {
    const { doc, movedCells } = options;
    this.moved = new MovedCells({ doc, keptMs: MOVED_KEPT_MS, now: () => Date.now(), remembered: movedCells });
  }

  get doc(): Y.Doc {
    return this.options.doc;
  }

  get epoch(): Epoch {
    return this.options.log.epoch;
  }

  /** The origin under which hub-side operations on the document transact. */
  get hubOrigin(): object {
    return HUB;
  }

  start(): void {
    this.deletedBytes = deletedSinceBase(this.options.log.size(), this.doc);
    this.doc.on('afterTransaction', this.weighed);
    this.doc.on('update', this.updated);
    this.options.log.onFull(this.options.onFull);
  }

  /** Flushes and closes the log. Can be called twice. */
  async stop(): Promise<void> {
    this.doc.off('afterTransaction', this.weighed);
    this.doc.off('update', this.updated);
    await this.options.log.close();
    this.doc.destroy();
  }

  /** True when a state vector is not empty and not of this history. */
  isForeign(encodedStateVector: Uint8Array): boolean {
    const vector = Y.decodeStateVector(encodedStateVector);
    return vector.size > 0 && !vector.has(genesisClientId(this.epoch));
  }

  /** How far the output of a run was stored when this document was opened. */
  markOf(runId: string): KernelMark | null {
    return this.options.marks.find((mark) => mark.runId === runId) ?? null;
  }

  /** Applies a person's update; `origin` is their socket. Throws on bytes that are no update. */
  applyFrom(update: Uint8Array, origin: object): void {
    this.freesOthers = hasWaiting(this.doc);
    try {
      this.doc.transact((transaction) => {
        Y.applyUpdate(this.doc, update, origin);
        if (this.moved.follow(transaction, update)) becomeHubs(transaction);
      }, origin);
    } finally {
      this.freesOthers = false;
    }
  }

  /** One transaction of the hub's own; resolves when its record is durable. */
  async write(change: () => void, mark?: KernelMark): Promise<void> {
    const writing = { mark, durable: Promise.resolve() };
    this.writing = writing;
    try {
      this.doc.transact((transaction) => {
        change();
        this.moved.follow(transaction, null);
      }, HUB);
    } finally {
      this.writing = null;
    }
    await writing.durable;
  }

  /** What a client with this state vector lacks, as of now; resolves when all of it is durable. */
  async missing(encodedStateVector: Uint8Array): Promise<Uint8Array> {
    const update = Y.encodeStateAsUpdate(this.doc, encodedStateVector);
    await this.flushed();
    return update;
  }

  /** Resolves when all that stands in the document now is durable. */
  async flushed(): Promise<void> {
    await this.options.log.flushed();
  }

  stateVector(): Uint8Array {
    return Y.encodeStateVector(this.doc);
  }

  private readonly updated = (update: Uint8Array, origin: unknown): void => {
    const { relay, log, onChanged, onStoreFailed, record } = this.options;
    const byHub = origin === HUB;
    if (!byHub) relay(update, typeof origin === 'object' && !this.freesOthers ? origin : null);
    const mark = this.writing?.mark;
    const vector = this.stateVector();
    const recorded = record(update, { origin, printed: mark !== undefined });
    const durable = log.append(mark === undefined ? { update } : { update, mark });
    const told = durable.then(() => {
      if (byHub) relay(update, null);
      this.stored(vector);
      recorded();
    });
    if (this.writing !== null) this.writing.durable = told;
    told.catch(onStoreFailed);
    // Behind the record, since it is of the document as that leaves it; in the same turn, so that no kill comes between.
    if (this.moved.isNew) this.rememberMoved();
    onChanged();
    this.compactIfLong();
  };

  private rememberMoved(): void {
    this.options.log.setFact(MOVED_CELLS, this.moved.remember()).catch(this.options.onStoreFailed);
  }

  private stored(vector: Uint8Array): void {
    this.options.onStored(vector);
  }

  private readonly weighed = (transaction: Y.Transaction): void => {
    this.deletedBytes += deletedBytes(transaction);
  };

  private compactIfLong(): void {
    const { log, onNotCompacted } = this.options;
    const size = log.size();
    if (this.compacting || size.logBytes < this.compactFromBytes || !isTooLong(size, this.deletedBytes)) return;
    this.compacting = true;
    this.deletedBytes = 0;
    const failed = (error: unknown): void => {
      this.compactFromBytes = log.size().logBytes + TRY_AGAIN_AFTER_BYTES;
      onNotCompacted(error);
    };
    log
      .compact()
      .then(() => {
        this.compactFromBytes = 0;
      }, failed)
      .finally(() => {
        this.compacting = false;
      });
  }
}

/** Edits came before one on which they build: after a hub's death clients bring back, each its own, what it had not stored. */
function hasWaiting({ store }: Y.Doc): boolean {
  return store.pendingStructs !== null || store.pendingDs !== null;
}

/** What the hub added to a person's edit is its own: it goes to everybody, their author too, when it is durable. */
function becomeHubs(transaction: Y.Transaction): void {
  transaction.origin = HUB;
  transaction.local = true;
}
