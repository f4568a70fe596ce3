/** A document log that can hold its appends back: what is appended meanwhile becomes durable when it is let go. */
import type { DocumentLog, LogRecord } from '../../src/room/document-store.js';

export class HeldLog implements DocumentLog {
  private gate: { readonly opened: Promise<void>; readonly open: () => void } | null = null;

  constructor(private readonly log: DocumentLog) {}

  hold(): void {
    let open = (): void => undefined;
    const opened = new Promise<void>((resolve) => {
      open = resolve;
    });
    this.gate = { opened, open };
  }

  letGo(): void {
    this.gate?.open();
    this.gate = null;
  }

  get epoch(): DocumentLog['epoch'] {
    return this.log.epoch;
  }

  async append(record: LogRecord): Promise<void> {
    await this.gate?.opened;
    await this.log.append(record);
  }

  async flushed(): Promise<void> {
    await this.gate?.opened;
    await this.log.flushed();
  }

  setFact(name: string, value: string): Promise<void> {
    return this.log.setFact(name, value);
  }

  onFull(listener: (isFull: boolean) => void): void {
    this.log.onFull(listener);
  }

  size(): ReturnType<DocumentLog['size']> {
    return this.log.size();
  }

  compact(): Promise<void> {
    return this.log.compact();
  }

  close(): Promise<void> {
    return this.log.close();
  }
}
