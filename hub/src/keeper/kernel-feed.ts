/**
 * What one kernel says and what becomes of it, in one order: messages and lifecycle events are numbered, kept in the
 * journal, and given to every attached hub at once or as soon as it has room.
 */
import { randomUUID } from 'node:crypto';
import type { KernelId } from '@cokernel/proto/hub';
import { encodeV1Parts, type Channel, type MessageParts } from '@cokernel/proto/jupyter';
import { encodeJson, encodeKernelMessage, type HostEvent } from '../kernel/keeper-protocol.js';
import { Attachment, type HubSink } from './attachment.js';
import { Journal } from './journal.js';
import { hostEventAt, type JournalEvent } from './journal-event.js';

export class KernelFeed {
  readonly journalId = randomUUID();
  readonly #journal: Journal;
  readonly #attachments = new Set<Attachment>();

  constructor(
    private readonly kernelId: KernelId,
    maxJournalBytes: number,
  ) {
    this.#journal = new Journal(maxJournalBytes);
  }

  get lastSeq(): number {
    return this.#journal.lastSeq;
  }

  addMessage(channel: Channel, parts: MessageParts): void {
    const v1Frame = encodeV1Parts(channel, parts);
    const seq = this.#journal.append((number) => encodeKernelMessage(this.kernelId, number, v1Frame));
    for (const attachment of this.#attachments) {
      attachment.pump();
      if (channel === 'control') attachment.hurry(seq, v1Frame);
    }
  }

  /** A later hub gets these too, at their place among the messages: it must know that a run's kernel is another. */
  addEvent(event: JournalEvent): void {
    const { kernelId } = this;
    this.#journal.append((seq) => encodeJson({ type: 'event', kernelId, event: hostEventAt(seq, event) }));
    for (const attachment of this.#attachments) attachment.pump();
  }

  tellNow(event: HostEvent): void {
    for (const attachment of this.#attachments) attachment.tell(event);
  }

  /** Nothing is written before the attachment is pumped: the answer to `attach` goes first. */
  attach(sink: HubSink, fromSeq: number): Attachment {
    const attachment = new Attachment(this.kernelId, this.#journal, sink, fromSeq);
    this.#attachments.add(attachment);
    return attachment;
  }

  detach(attachment: Attachment): void {
    this.#attachments.delete(attachment);
  }
}
