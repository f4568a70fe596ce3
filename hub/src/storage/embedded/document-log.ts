/** One notebook's open log on disk. */
import type { Epoch } from '@cokernel/proto/hub';
import { type DocumentLog, DocumentStoreError, type LogRecord } from '../../room/document-store.js';
import type { AppendLog } from './append-log.js';
import { factContent, recordContent } from './log-content.js';

export interface EmbeddedDocumentLogOptions {
  /** Started. */
  readonly file: AppendLog;
  readonly epoch: Epoch;
  /** Bytes of the newest compacted state. */
  readonly baseBytes: number;
}

export class EmbeddedDocumentLog implements DocumentLog {
  readonly epoch: Epoch;
  readonly #file: AppendLog;
  #baseBytes: number;

  constructor({ file, epoch, baseBytes }: EmbeddedDocumentLogOptions) {
    this.epoch = epoch;
    this.#file = file;
    this.#baseBytes = baseBytes;
  }

  append(record: LogRecord): Promise<void> {
    return this.#file.append(recordContent(record));
  }

  setFact(name: string, value: string): Promise<void> {
    return this.#file.append(factContent(name, value));
  }

  flushed(): Promise<void> {
    return this.#file.flushed();
  }

  size(): { readonly logBytes: number; readonly baseBytes: number } {
    return { logBytes: this.#file.bytes, baseBytes: this.#baseBytes };
  }

  async compact(): Promise<void> {
    this.#baseBytes = (await this.#file.compact()).stateBytes;
  }

  close(): Promise<void> {
    return this.#file.close(new Error('The log of this document is closed.'));
  }

  /** Another owner in this process has opened the log: what this one still wants to write comes too late. */
  supersede(fence: number): Promise<void> {
    return this.#file.close(
      new DocumentStoreError('staleFence', 'The document was opened under a newer fence.', fence),
    );
  }
}
