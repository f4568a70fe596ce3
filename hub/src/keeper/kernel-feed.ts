/**
 * What one kernel says and what becomes of it, in one order: messages and events are numbered and kept in the
 * journal, and once they are written there given to every attached hub, at once or as soon as it has room. What comes
 * in one turn of the event loop is written and handed on together.
 */
import type { KernelId } from '@cokernel/proto/hub';
import { encodeV1Parts, type Channel, type MessageParts } from '@cokernel/proto/jupyter';
import { encodeJson, encodeKernelMessage, type HostEvent } from '../kernel/keeper-protocol.js';
import { Attachment, type HubSink } from './attachment.js';
import { Journal, type Entry } from './journal.js';
import { hostEventAt, JournalEvent } from './journal-event.js';
import type { JournalRecord } from './journal-record.js';
import type { JournalSegments } from './journal-segments.js';

export interface KernelFeedOptions {
  readonly kernelId: KernelId;
  /** Null: nothing outlives this process. */
  readonly segments: JournalSegments | null;
  /** The last seq that an earlier keeper gave; 0 when the journal is new. */
  readonly lastSeq: number;
  /** A few MiB: hubs that keep up never read the files. */
  readonly maxMemoryBytes: number;
  readonly onUnwritable: (error: unknown) => void;
}

export class KernelFeed {
  readonly #journal: Journal;
  readonly #attachments = new Set<Attachment>();
  /** Messages on control that came in this turn: they do not wait behind a hub's backlog. */
  #hurried: { readonly seq: number; readonly v1Frame: Uint8Array }[] = [];
  #turnEnd: NodeJS.Immediate | null = null;

  constructor(private readonly options: KernelFeedOptions) {
    const frameOf = (record: JournalRecord) => this.#frameOf(record);
    const unreadSeq = () => Math.min(...[...this.#attachments].map((attachment) => attachment.seq + 1));
    this.#journal = new Journal({ ...options, frameOf, unreadSeq });
  }

  get lastSeq(): number {
    return this.#journal.lastSeq;
  }

  get journalBytes(): number {
    return this.#journal.bytes;
  }

  /** Whether a hub is attached. */
  get isWatched(): boolean {
    return this.#attachments.size > 0;
  }

  addMessage(channel: Channel, parts: MessageParts): void {
    const payload = encodeV1Parts(channel, parts);
    const seq = this.#journal.append((seq) => this.#entryOf({ kind: 'message', seq, payload }));
    if (channel === 'control') this.#hurried.push({ seq, v1Frame: payload });
    this.#turnEnd ??= setImmediate(() => this.flush());
  }

  /** A later hub gets these too, at their place among the messages: it must know that a run's kernel is another. */
  addEvent(event: JournalEvent): void {
    const payload = Buffer.from(JSON.stringify(event));
    this.#journal.append((seq) => this.#entryOf({ kind: 'event', seq, payload }));
    this.flush();
  }

  tellNow(event: HostEvent): void {
    for (const attachment of this.#attachments) attachment.tell(event);
  }

  /** Writes what came, and hands it on. */
  flush(): void {
    if (this.#turnEnd !== null) clearImmediate(this.#turnEnd);
    this.#turnEnd = null;
    this.#journal.flush();
    const hurried = this.#hurried;
    this.#hurried = [];
    for (const attachment of this.#attachments) {
      attachment.pump();
      for (const { seq, v1Frame } of hurried) attachment.hurry(seq, v1Frame);
    }
  }

  /** Nothing is written to the hub before the attachment is pumped: the answer to `attach` goes first. */
  attach(sink: HubSink, fromSeq: number): Attachment {
    this.flush();
    const attachment = new Attachment(this.options.kernelId, this.#journal, sink, fromSeq);
    this.#attachments.add(attachment);
    return attachment;
  }

  detach(attachment: Attachment): void {
    this.#attachments.delete(attachment);
  }

  /** In memory from now on; see `Journal`. */
  giveUpFiles(error: unknown): void {
    this.#journal.giveUpFiles(error);
  }

  /** Writes what came last. Can be called twice. */
  close(): void {
    this.flush();
    this.#journal.close();
  }

  #entryOf(record: JournalRecord): Entry {
    return { record, frame: this.#frameOf(record) };
  }

  #frameOf({ kind, seq, payload }: JournalRecord): Buffer {
    const { kernelId } = this.options;
    if (kind === 'message') return encodeKernelMessage(kernelId, seq, payload);
    const event = JournalEvent.parse(JSON.parse(Buffer.from(payload).toString()));
    return encodeJson({ type: 'event', kernelId, event: hostEventAt(seq, event) });
  }
}
