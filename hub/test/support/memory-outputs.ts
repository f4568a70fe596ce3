/** An output store in memory; what becomes durable can be held back. */
import { createHash } from 'node:crypto';
import { ContentHash } from '@cokernel/proto/hub';
import type { TextId } from '@cokernel/proto/hub';
import type { GrowingText, OutputStore, Reference, StoredBytes } from '../../src/run/output-store.js';

export class MemoryOutputs implements OutputStore {
  readonly outputs = new Map<ContentHash, Uint8Array>();
  readonly texts = new Map<TextId, string>();
  /** Who goes on with a text; a former one writes no more. */
  private readonly growing = new Map<TextId, object>();
  readonly referred = new Set<ContentHash | TextId>();
  /** Every promise of something durable waits for this. */
  gate: Promise<void> = Promise.resolve();

  async put(bytes: Uint8Array): Promise<ContentHash> {
    await this.gate;
    const hash = hashOf(bytes);
    this.outputs.set(hash, bytes);
    return hash;
  }

  get(hash: ContentHash): Promise<StoredBytes | null> {
    const bytes = this.outputs.get(hash);
    return Promise.resolve(bytes === undefined ? null : storedBytes(bytes));
  }

  async grow(id: TextId, size: number): Promise<GrowingText> {
    await this.gate;
    const before = Buffer.from(this.texts.get(id) ?? '');
    if (before.length < size) throw new Error(`the text has only ${String(before.length)} bytes`);
    const owner = {};
    this.growing.set(id, owner);
    this.texts.set(id, before.subarray(0, size).toString());
    return {
      id,
      size,
      append: (text) => {
        if (this.growing.get(id) === owner) this.texts.set(id, (this.texts.get(id) ?? '') + text);
      },
      durable: () => this.gate,
      finish: () => this.put(Buffer.from(this.texts.get(id) ?? '')),
      close: () => Promise.resolve(),
    };
  }

  text(id: TextId): Promise<StoredBytes | null> {
    const text = this.texts.get(id);
    return Promise.resolve(text === undefined ? null : storedBytes(Buffer.from(text)));
  }

  async refer(_by: Reference, to: readonly (ContentHash | TextId)[]): Promise<void> {
    await this.gate;
    for (const name of to) this.referred.add(name);
  }

  setReferences(): Promise<void> {
    return Promise.resolve();
  }

  references(): Promise<readonly Reference[]> {
    return Promise.resolve([]);
  }

  isReferred(_fileId: unknown, to: ContentHash | TextId): Promise<boolean> {
    return Promise.resolve(this.referred.has(to));
  }

  sweep(): Promise<{ readonly removed: number; readonly bytes: number }> {
    return Promise.resolve({ removed: 0, bytes: 0 });
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  /** The only text, or output of this hash. */
  textOf(hash: string | null | undefined): string {
    const bytes = this.outputs.get(ContentHash.parse(hash));
    return Buffer.from(bytes ?? []).toString();
  }
}

function hashOf(bytes: Uint8Array): ContentHash {
  return ContentHash.parse(createHash('sha256').update(bytes).digest('hex'));
}

function storedBytes(bytes: Uint8Array): StoredBytes {
  return {
    size: bytes.length,
    read: async function* (range = { start: 0, end: bytes.length }) {
      yield await Promise.resolve(bytes.subarray(range.start, range.end));
    },
  };
}
