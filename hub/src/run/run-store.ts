/**
 * One run's hand on the output store: puts what its outputs name there, and lets its texts grow. A flush is secured before
 * its record is written: then all that it names is durable, and referred to by whoever names it.
 */
import type { ContentHash, TextId } from '@cokernel/proto/hub';
import type { OutputEdit } from '@cokernel/proto/notebook';
import { storedBundle } from '@cokernel/proto/notebook';
import type { AppendText, FinishText } from './bound-context.js';
import type { GrowingText, OutputStore } from './output-store.js';
import type { Blob } from './stored-display.js';
import type { StoredNames } from './stored-names.js';

interface OpenText {
  /** Each step waits for the one before. */
  line: Promise<GrowingText>;
  /** Something was appended since the last flush. */
  isUnsecured: boolean;
}

export class RunStore {
  private readonly texts = new Map<number, OpenText>();
  /** By number: what goes on with such a text waits for it. */
  private readonly finishing = new Map<number, Promise<ContentHash>>();
  /** What was appended to texts that are being finished, until a flush has waited for it. */
  private readonly ending = new Map<number, Promise<void>>();
  private readonly blobs = new Map<ContentHash, Uint8Array>();
  private readonly referred = new Set<ContentHash | TextId>();

  constructor(
    private readonly store: OutputStore,
    private readonly names: StoredNames,
  ) {}

  /** Kept in memory until the next flush, which may not name it any more. */
  keep({ sha256, bytes }: Blob): void {
    this.blobs.set(sha256, bytes);
  }

  append({ number, at, text }: AppendText): void {
    const open = this.opened(number, at);
    open.isUnsecured = true;
    this.next(open, (growing) => growing.append(text));
  }

  /** Resolves with the text's hash. What is appended later goes on behind `at`. */
  finish({ number, at, rest }: FinishText): Promise<ContentHash> {
    const { line, isUnsecured } = this.opened(number, at);
    this.texts.delete(number);
    const durable = line.then((growing) => growing.durable());
    if (isUnsecured) this.ending.set(number, durable);
    const finished = this.finished(line, durable, rest).finally(() => this.finishing.delete(number));
    this.finishing.set(number, finished);
    return finished;
  }

  private async finished(line: Promise<GrowingText>, durable: Promise<void>, rest: string): Promise<ContentHash> {
    const growing = await line;
    await durable;
    if (rest !== '') growing.append(rest);
    const sha256 = await growing.finish();
    await growing.close();
    return sha256;
  }

  async drop(number: number): Promise<void> {
    const open = this.texts.get(number);
    this.texts.delete(number);
    await (await open?.line)?.close();
  }

  /** Resolves when all that these edits and the run's progress name is durable; null when it is already. */
  secure(edits: readonly OutputEdit[]): Promise<void> | null {
    const hashes = edits.flatMap(hashesIn);
    const blobs = hashes.flatMap((hash) => this.blobs.get(hash) ?? []);
    this.blobs.clear();
    const growing = [...this.texts].filter(([, text]) => text.isUnsecured);
    const ending = [...this.ending];
    const ids = [...growing, ...ending].map(([number]) => this.names.textId(number));
    const names = [...new Set([...hashes, ...ids])].filter((name) => !this.referred.has(name));
    if (blobs.length + growing.length + ending.length + names.length === 0) return null;
    for (const [, text] of growing) text.isUnsecured = false;
    this.ending.clear();
    const texts = growing.map(async ([, { line }]) => (await line).durable());
    return this.secured(names, blobs, [...texts, ...ending.map(([, durable]) => durable)]);
  }

  /** Leaves its texts as they are. Can be called twice. */
  async close(): Promise<void> {
    await Promise.all([...this.texts.keys()].map((number) => this.drop(number)));
  }

  private async secured(
    names: readonly (ContentHash | TextId)[],
    blobs: readonly Uint8Array[],
    texts: readonly Promise<void>[],
  ): Promise<void> {
    const referring = names.length === 0 ? Promise.resolve() : this.store.refer(this.names.reference, names);
    await Promise.all([referring, ...texts, ...blobs.map((bytes) => this.store.put(bytes))]);
    for (const name of names) this.referred.add(name);
  }

  private opened(number: number, at: number): OpenText {
    const known = this.texts.get(number);
    if (known !== undefined) return known;
    const free = this.finishing.get(number)?.catch(() => null) ?? Promise.resolve(null);
    const text = { line: free.then(() => this.store.grow(this.names.textId(number), at)), isUnsecured: true };
    this.next(text, () => undefined);
    this.texts.set(number, text);
    return text;
  }

  private next(text: OpenText, step: (growing: GrowingText) => void): void {
    text.line = text.line.then((growing) => {
      step(growing);
      return growing;
    });
    // A text that could not be opened is told when it is to be durable.
    text.line.catch(() => undefined);
  }
}

function hashesIn(edit: OutputEdit): readonly ContentHash[] {
  switch (edit.type) {
    case 'append':
      return 'data' in edit.output ? hashesOf(edit.output.data) : [];
    case 'updateDisplay':
      return hashesOf(edit.data);
    case 'storeText':
      return edit.stored.sha256 === null ? [] : [edit.stored.sha256];
    default:
      return [];
  }
}

function hashesOf(data: Parameters<typeof storedBundle>[0]): readonly ContentHash[] {
  return Object.values(storedBundle(data) ?? {}).map(({ sha256 }) => sha256);
}
