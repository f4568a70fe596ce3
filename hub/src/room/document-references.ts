/**
 * What a notebook's document names in the output store, told to the store: when the room opens, once an hour, and when it
 * closes. What people deleted is let go by that, and what they pasted is referred to.
 *
 * A text's id can be guessed by who knows the run, a hash only by who knows the bytes: so a hash counts whoever wrote it
 * into the document, and a text only when the hub itself has referred to it for this notebook.
 */
import { ContentHash, type FileId, type TextId } from '@cokernel/proto/hub';
import { readDocument, storedReferences } from '@cokernel/proto/notebook';
import type * as Y from 'yjs';
import { messageOf } from '../errors.js';
import type { SessionLog } from '../run/kernel-session-options.js';
import type { OutputStore } from '../run/output-store.js';

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
      const counts = await Promise.all(named.map((name) => this.isOurs(name)));
      await outputs.setReferences(
        { fileId, holder: 'log' },
        named.filter((_, index) => counts[index]),
      );
    } catch (error) {
      log.warn({ fileId, error: messageOf(error) }, 'what a notebook refers to was not stored');
    }
  }

  private async isOurs(name: ContentHash | TextId): Promise<boolean> {
    return ContentHash.safeParse(name).success || (await this.options.outputs.isReferred(this.options.fileId, name));
  }
}
