/**
 * RoomHistory: writes down what happens in one room, to be played again: edits, runs, questions and output in their order,
 * about a second's at a time. What is written down is durable in the document's log already, so that the history never has
 * what the document lost; what a crash kept from the history is in its next segment or record. It is nobody's business but
 * its own: when it can't be written, that is told once, and everything else goes on.
 */
import * as Y from 'yjs';
import type { Author, Epoch, FileId, HistoryRecord } from '@cokernel/proto/hub';
import type { HistoryStore } from './history-store.js';

export interface RoomHistoryOptions {
  readonly fileId: FileId;
  readonly epoch: Epoch;
  readonly doc: Y.Doc;
  readonly store: HistoryStore;
  readonly clock: () => Date;
  /** How much a crash may cost, and how finely edits are told apart: 1,000. */
  readonly batchMs: number;
  readonly onFailed: (error: unknown) => void;
}

/** Whose update it is; `printed`: what runs wrote. */
export type UpdateBy = Author | null | 'printed';

/** The updates of one author since the last record of another kind. */
interface Burst {
  readonly by: UpdateBy;
  readonly at: string;
  readonly updates: Uint8Array[];
}

/** A record without its time, which is that of the call. */
export type Happening = HistoryRecord extends infer R ? (R extends HistoryRecord ? Omit<R, 'at'> : never) : never;

/** Merging more at once takes longer than it saves. */
const MERGED_AT_ONCE = 200;

export class RoomHistory {
  private records: HistoryRecord[] = [];
  private bursts: Burst[] = [];
  private timer: NodeJS.Timeout | null = null;
  private writing: Promise<void> = Promise.resolve();
  private state: 'new' | 'going' | 'ended' = 'new';
  /** The document when the room opened: what the newest segment may lack. Null once that is made up for. */
  private opened: Uint8Array | null = null;

  constructor(private readonly options: RoomHistoryOptions) {}

  start(): void {
    this.opened = Y.encodeStateAsUpdate(this.options.doc);
  }

  /** A durable update of the document. */
  updated(update: Uint8Array, by: UpdateBy): void {
    if (this.state === 'ended') return;
    const burst = this.bursts.find((one) => isSame(one.by, by));
    if (burst === undefined) this.bursts.push({ by, at: this.time(), updates: [update] });
    else burst.updates.push(update);
    this.writeSoon();
  }

  /** Anything that is no update: it stands behind all that came before it. */
  happened(happening: Happening): void {
    if (this.state === 'ended') return;
    this.endBursts();
    this.records.push({ ...happening, at: this.time() });
    this.writeSoon();
  }

  /** Resolves when all that came before is written, or can't be. */
  flush(): Promise<void> {
    if (this.timer !== null) clearTimeout(this.timer);
    this.timer = null;
    this.writing = this.writing.then(() => this.write());
    return this.writing;
  }

  /** Writes what is left. Can be called twice. */
  async stop(): Promise<void> {
    await this.flush();
    this.state = 'ended';
  }

  private writeSoon(): void {
    this.timer ??= setTimeout(() => {
      this.flush().catch(this.failed);
    }, this.options.batchMs).unref();
  }

  /** Never rejects. */
  private async write(): Promise<void> {
    this.endBursts();
    const records = this.records;
    this.records = [];
    if (records.length === 0 || this.state === 'ended') return;
    try {
      await this.goOn();
      const { full } = await this.options.store.append(this.options.fileId, records);
      if (full) await this.begin(Y.encodeStateAsUpdate(this.options.doc));
    } catch (error) {
      this.failed(error);
    }
  }

  private readonly failed = (error: unknown): void => {
    this.state = 'ended';
    this.records = [];
    this.bursts = [];
    this.options.onFailed(error);
  };

  /** Before the first record of this room: what the newest segment lacks of the document, or a segment of its own. */
  private async goOn(): Promise<void> {
    const { opened } = this;
    if (this.state !== 'new' || opened === null) return;
    const { store, fileId, epoch } = this.options;
    const newest = await store.newest(fileId);
    const first = newest[0];
    if (first?.type !== 'began' || first.epoch !== epoch) await this.begin(opened);
    else {
      const lacking = lackingOf(newest, opened);
      if (lacking !== null)
        await store.append(fileId, [{ type: 'edited', at: this.time(), by: null, update: lacking }]);
    }
    this.opened = null;
    this.state = 'going';
  }

  private async begin(state: Uint8Array): Promise<void> {
    const { store, fileId, epoch } = this.options;
    await store.begin(fileId, { at: this.time(), epoch, state: base64(state) });
  }

  private endBursts(): void {
    const bursts = this.bursts;
    this.bursts = [];
    for (const burst of bursts) this.records.push(...recordsOf(burst));
  }

  private time(): string {
    return this.options.clock().toISOString();
  }
}

function recordsOf({ by, at, updates }: Burst): HistoryRecord[] {
  const records: HistoryRecord[] = [];
  for (let from = 0; from < updates.length; from += MERGED_AT_ONCE) {
    const update = base64(Y.mergeUpdates(updates.slice(from, from + MERGED_AT_ONCE)));
    records.push(by === 'printed' ? { type: 'printed', at, update } : { type: 'edited', at, by, update });
  }
  return records;
}

/** What a played segment lacks of the document; null when that is nothing. */
function lackingOf(records: readonly HistoryRecord[], document: Uint8Array): string | null {
  const played = new Y.Doc();
  for (const record of records) {
    if (record.type === 'began') Y.applyUpdate(played, Buffer.from(record.state, 'base64'));
    else if ('update' in record) Y.applyUpdate(played, Buffer.from(record.update, 'base64'));
  }
  let lacking: string | null = null;
  played.once('update', (update: Uint8Array) => {
    lacking = base64(update);
  });
  Y.applyUpdate(played, document);
  played.destroy();
  return lacking;
}

function isSame(a: UpdateBy, b: UpdateBy): boolean {
  if (a === null || b === null || a === 'printed' || b === 'printed') return a === b;
  return a.participantId === b.participantId;
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64');
}
