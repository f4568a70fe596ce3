/**
 * The histories under one folder: a folder a notebook, a file a segment, named by its number. All segments of a notebook
 * keep within `maxBytes`: the newest has room to grow, and the oldest are dropped for it.
 */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { FileId, HistoryRecord } from '@cokernel/proto/hub';
import type { HistoryStore, SegmentBegin } from '../../room/history-store.js';
import { mustHold, ofOneHub, type Right } from '../../right.js';
import { isMissing } from '../embedded/durable-files.js';
import { StepLine } from '../step-line.js';
import { makeFolder, notebookFolder } from './notebook-folder.js';
import { SegmentFile, beginLine, recordLines } from './segment-file.js';

export interface FileHistoryStoreOptions {
  /** Made when missing. */
  readonly folder: string;
  /** Of one notebook, on the disk: 4 MiB. */
  readonly maxBytes: number;
  /** A segment is full when so much was appended to its beginning: 512 KiB. */
  readonly segmentBytes: number;
  /** To write there; default: of one hub. */
  readonly right?: Right;
}

/** The newest segment of a notebook. */
interface Newest {
  readonly number: number;
  readonly file: SegmentFile;
  /** Behind its beginning. */
  appended: number;
}

export class FileHistoryStore implements HistoryStore {
  readonly #line = new StepLine();
  readonly #newest = new Map<FileId, Newest>();

  constructor(private readonly options: FileHistoryStoreOptions) {}

  async *read(fileId: FileId): AsyncIterable<HistoryRecord> {
    const numbers = await this.#line.pass(fileId, () => this.#numbers(fileId));
    for (const number of numbers) {
      yield* await this.#line.pass(fileId, () => this.#file(fileId, number).read());
    }
  }

  newest(fileId: FileId): Promise<readonly HistoryRecord[]> {
    return this.#line.pass(fileId, async () => {
      const newest = await this.#open(fileId);
      return newest === null || this.#isFull(newest) ? [] : newest.file.read();
    });
  }

  begin(fileId: FileId, begin: SegmentBegin): Promise<void> {
    return this.#line.pass(fileId, async () => {
      const former = await this.#open(fileId);
      const number = (former?.number ?? 0) + 1;
      const line = await beginLine({ type: 'began', segment: number, ...begin });
      if (line.length > this.#half) throw new Error(`the document is too large to be recorded (${size(line.length)})`);
      this.#mustHold();
      await makeFolder(notebookFolder(this.options.folder, fileId));
      await former?.file.seal();
      await this.#makeRoom(fileId, line.length + this.options.segmentBytes);
      const file = this.#file(fileId, number);
      this.#mustHold();
      await file.create(line);
      this.#newest.set(fileId, { number, file, appended: 0 });
    });
  }

  append(fileId: FileId, records: readonly HistoryRecord[]): Promise<{ readonly full: boolean }> {
    return this.#line.pass(fileId, async () => {
      const newest = await this.#open(fileId);
      const lines = recordLines(records);
      // What is larger than there may ever be room for is in the state with which the next segment begins.
      if (newest === null || newest.appended + lines.length > this.#half) return { full: true };
      this.#mustHold();
      await newest.file.append(lines);
      newest.appended += lines.length;
      return { full: this.#isFull(newest) };
    });
  }

  async close(): Promise<void> {
    await this.#line.idle();
  }

  #mustHold(): void {
    mustHold(this.options.right ?? ofOneHub);
  }

  get #half(): number {
    return this.options.maxBytes / 2;
  }

  #isFull({ appended }: Newest): boolean {
    return appended >= this.options.segmentBytes;
  }

  /** Null when there is no history yet. */
  async #open(fileId: FileId): Promise<Newest | null> {
    const known = this.#newest.get(fileId);
    if (known !== undefined) return known;
    const number = (await this.#numbers(fileId)).at(-1);
    if (number === undefined) return null;
    const file = this.#file(fileId, number);
    this.#mustHold();
    await file.cutTail();
    const [first] = await file.read();
    // One that was sealed, or whose beginning can't be read, is full.
    const isOpen = first?.type === 'began' && !(await file.isSealed());
    const appended = isOpen ? (await file.bytes()) - (await beginLine(first)).length : this.options.segmentBytes;
    const newest = { number, file, appended };
    this.#newest.set(fileId, newest);
    return newest;
  }

  /** Drops the oldest segments until `bytes` more have room. */
  async #makeRoom(fileId: FileId, bytes: number): Promise<void> {
    const files = (await this.#numbers(fileId)).map((number) => this.#file(fileId, number));
    const sizes = await Promise.all(files.map((file) => file.bytes()));
    let total = bytes + sizes.reduce((sum, one) => sum + one, 0);
    for (const [index, file] of files.entries()) {
      if (total <= this.options.maxBytes) return;
      await file.remove();
      total -= sizes[index] ?? 0;
    }
  }

  async #numbers(fileId: FileId): Promise<number[]> {
    try {
      const names = await readdir(notebookFolder(this.options.folder, fileId));
      const numbers = names.flatMap((name) => /^(\d+)\.jsonl(?:\.gz)?$/.exec(name)?.[1] ?? []).map(Number);
      return [...new Set(numbers)].sort((a, b) => a - b);
    } catch (error) {
      if (isMissing(error)) return [];
      throw error;
    }
  }

  #file(fileId: FileId, number: number): SegmentFile {
    return new SegmentFile(join(notebookFolder(this.options.folder, fileId), String(number).padStart(8, '0')));
  }
}

function size(bytes: number): string {
  return `${(bytes / 1024 / 1024).toFixed(1)} MiB packed`;
}
