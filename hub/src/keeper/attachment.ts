/**
 * One hub's reading of one kernel: a place in the journal that moves on as fast as the hub reads. Nothing is queued
 * for a hub that is slow; it only falls behind, the journal keeps more for it, and what even that must drop is told as a
 * gap. A message on
 * the control channel does not wait behind such a backlog (KernelHost: control never waits behind output).
 */
import type { KernelId } from '@cokernel/proto/hub';
import { encodeJson, encodeKernelMessage, type HostEvent } from '../kernel/keeper-protocol.js';
import type { Journal } from './journal.js';
import { JournalReader } from './journal-reader.js';

/** One hub's connection, as its attachments see it. */
export interface HubSink {
  /** False while so much waits in the socket that more would only make the keeper grow. */
  hasRoom(): boolean;
  write(frame: Buffer): void;
}

/** One turn of one kernel, so that a kernel that floods leaves room to the others of the same hub. */
const TURN_BYTES = 64 * 1024;

export class Attachment {
  readonly #early = new Set<number>();
  readonly #reader: JournalReader;

  constructor(
    private readonly kernelId: KernelId,
    journal: Journal,
    private readonly sink: HubSink,
    fromSeq: number,
  ) {
    this.#reader = new JournalReader(journal, fromSeq);
  }

  /** Of the entry that the hub was given last. */
  get seq(): number {
    return this.#reader.seq;
  }

  /** Writes what the hub has not got, while it has room; false when there was nothing to write. */
  pump(): boolean {
    let written = 0;
    while (this.sink.hasRoom() && written < TURN_BYTES) {
      const step = this.#reader.next();
      if (step.kind === 'end') break;
      if (step.kind === 'gap') {
        this.#tellGap(step.fromSeq, step.toSeq);
        continue;
      }
      if (this.#early.delete(step.seq)) continue;
      this.sink.write(step.frame);
      written += step.frame.length;
    }
    return written > 0;
  }

  /**
   * A control message that stands in the journal at `seq`: a hub with a backlog gets it now. It then carries the seq
   * that this hub is at, since one that is ahead would let it believe that it has all before it.
   */
  hurry(seq: number, v1Frame: Uint8Array): void {
    if (this.#reader.seq >= seq) return;
    this.#early.add(seq);
    this.sink.write(encodeKernelMessage(this.kernelId, this.#reader.seq, v1Frame));
  }

  /** An event that is of the moment and stands in no journal. */
  tell(event: HostEvent): void {
    this.sink.write(encodeJson({ type: 'event', kernelId: this.kernelId, event }));
  }

  #tellGap(fromSeq: number, toSeq: number): void {
    for (const seq of this.#early) if (seq < toSeq) this.#early.delete(seq);
    this.tell({ type: 'gap', fromSeq, toSeq, reason: 'the journal was full' });
  }
}
