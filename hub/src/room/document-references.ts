/**
 * What a notebook's document names in the output store, told to the store: when the room opens, once an hour, and when it
 * closes. What people deleted is let go by that, and what they pasted is referred to.
 */
import type { FileId } from '@cokernel/proto/hub';
import { readDocument, storedReferences } from '@cokernel/proto/notebook';
import type * as Y from 'yjs';
import { messageOf } from '../errors.js';
import type { SessionLog } from '../run/kernel-session-options.js';
import type { OutputStore } from '../run/output-store.js';
import { ownReferences } from './own-references.js';

export interface DocumentReferencesOptions {
  readonly fileId: FileId;
  readonly doc: Y.Doc;
  readonly outputs: Pick<OutputStore, 'isReferred' | 'setReferences'>;
  /** While runs write, what they have put is not yet in the document. */
  readonly isWorking: () => boolean;
  readonly log: SessionLog;
}

const EVERY_MS = 3_600_000;

export class DocumentReferences {
  private timer: NodeJS.Timeout | null = null;
  private telling: Promise<void> = Promise.resolve();

  constructor(private readonly options: DocumentReferencesOptions) {}

  start(): void {
    this.tellIfQuiet();
    this.timer = setInterval(() => this.tellIfQuiet(), EVERY_MS);
    this.timer.unref();
  }

  /** When nothing is written into the document any more. Can be called twice. */
  async stop(): Promise<void> {
    if (this.timer === null) return;
    clearInterval(this.timer);
    this.timer = null;
    await this.telling;
    await this.tell();
  }

  private tellIfQuiet(): void {
    if (!this.options.isWorking()) this.telling = this.tell();
  }

  /** Never rejects: what is not told now is told the next time, and nothing is lost by it. */
  private async tell(): Promise<void> {
    const { fileId, doc, outputs, log } = this.options;
    try {
      const named = storedReferences(readDocument(doc).cells);
      await outputs.setReferences({ fileId, holder: 'log' }, await ownReferences(outputs, fileId, named));
    } catch (error) {
      log.warn({ fileId, error: messageOf(error) }, 'what a notebook refers to was not stored');
    }
  }
}
