/** One notebook's open log on disk. */
import type { Epoch } from '@cokernel/proto/hub';
import { type DocumentLog, DocumentStoreError, type LogRecord, type LogSize } from '../../room/document-store.js';
import type { AppendLog } from './append-log.js';
import { factContent, recordContent } from './log-content.js';

export interface EmbeddedDocumentLogOptions {
  /** Started. */
  readonly file: AppendLog;
  readonly epoch: Epoch;
  /** Bytes of the newest compacted state. */
  readonly baseBytes: number;
  /** That were appended since. */
  readonly records: number;
}

export class EmbeddedDocumentLog implements DocumentLog {
  readonly epoch: Epoch;
  readonly #file: AppendLog;
  #baseBytes: number;
  #records: number;
  #compacting: Promise<void> | null = null;

  constructor({ file, epoch, baseBytes, records }: EmbeddedDocumentLogOptions) {
    this.epoch = epoch;
    this.#file = file;
    this.#baseBytes = baseBytes;
    this.#records = records;
  }

  append(record: LogRecord): Promise<void> {
    this.#records += 1;
    return this.#file.append(recordContent(record));
  }

  setFact(name: string, value: string): Promise<void> {
    this.#records += 1;
    return this.#file.append(factContent(name, value));
  }

  flushed(): Promise<void> {
    return this.#file.flushed();
  }

  onFull(listener: (isFull: boolean) => void): void {
    this.#file.onFull(listener);
  }

  size(): LogSize {
    return { logBytes: this.#file.bytes, baseBytes: this.#baseBytes, records: this.#records };
  }

  compact(): Promise<void> {
    this.#compacting ??= this.#compact(this.#records).finally(() => {
      this.#compacting = null;
    });
    return this.#compacting;
  }

  close(): Promise<void> {
    return this.#file.close(new Error('The log of this document is closed.'));
  }

  async #compact(recordsBefore: number): Promise<void> {
    this.#baseBytes = (await this.#file.compact()).stateBytes;
    this.#records -= recordsBefore;
  }

  /** Another owner in this process has opened the log: what this one still wants to write comes too late. */
  supersede(fence: number): Promise<void> {
    return this.#file.close(
      new DocumentStoreError('staleFence', 'The document was opened under a newer fence.', fence),
    );
  }
}
