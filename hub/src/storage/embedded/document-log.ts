/** One notebook's open log: knows the epoch, the marks and the facts, so that compaction can keep them. */
import type { Epoch } from '@cokernel/proto/hub';
import {
  type DocumentLog,
  DocumentStoreError,
  type KernelMark,
  type LoadedLog,
  type LogRecord,
} from '../../room/document-store.js';
import type { AppendLog } from './append-log.js';
import { baseContent, factContent, headerContent, keepMark, recordContent } from './log-content.js';

export interface EmbeddedDocumentLogOptions {
  /** Started. */
  readonly file: AppendLog;
  readonly loaded: Pick<LoadedLog, 'epoch' | 'marks' | 'facts'>;
  /** Bytes of the newest compacted state. */
  readonly baseBytes: number;
}

export class EmbeddedDocumentLog implements DocumentLog {
  readonly epoch: Epoch;
  readonly #file: AppendLog;
  readonly #facts: Map<string, string>;
  readonly #marks = new Map<string, KernelMark>();
  #baseBytes: number;

  constructor({ file, loaded, baseBytes }: EmbeddedDocumentLogOptions) {
    this.epoch = loaded.epoch;
    this.#file = file;
    this.#facts = new Map(Object.entries(loaded.facts));
    for (const mark of loaded.marks) keepMark(this.#marks, mark);
    this.#baseBytes = baseBytes;
  }

  append(record: LogRecord): Promise<void> {
    if (record.mark !== undefined) keepMark(this.#marks, record.mark);
    return this.#file.append(recordContent(record));
  }

  setFact(name: string, value: string): Promise<void> {
    this.#facts.set(name, value);
    return this.#file.append(factContent(name, value));
  }

  flushed(): Promise<void> {
    return this.#file.flushed();
  }

  size(): { readonly logBytes: number; readonly baseBytes: number } {
    return { logBytes: this.#file.bytes, baseBytes: this.#baseBytes };
  }

  async compact(state: Uint8Array): Promise<void> {
    const base = baseContent(state, [...this.#marks.values()], Object.fromEntries(this.#facts));
    await this.#file.compact(headerContent(this.epoch), base);
    this.#baseBytes = state.byteLength;
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
