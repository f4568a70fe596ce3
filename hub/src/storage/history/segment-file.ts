/**
 * One segment of a notebook's history: lines of JSON, the newest segment as plain text that grows, the others compressed
 * as wholes. The state with which a segment begins is packed. A line that a crash left unfinished, or that can't be read, is
 * left out.
 */
import { appendFile, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { deflateRaw, gunzip, gzip, inflateRaw } from 'node:zlib';
import { z } from 'zod';
import { HistoryRecord } from '@cokernel/proto/hub';
import { isMissing, ownerOnly, readIfThere, writeDurably } from '../embedded/durable-files.js';

const pack = promisify(deflateRaw);
const unpack = promisify(inflateRaw);
const compress = promisify(gzip);
const decompress = promisify(gunzip);

const newline = 0x0a;

/** As the line stands in the file: the state packed. */
const PackedBegin = z.looseObject({ type: z.literal('began'), packed: z.string() });

export type Begin = Extract<HistoryRecord, { type: 'began' }>;

/** The first line of a segment. */
export async function beginLine({ state, ...begin }: Begin): Promise<Buffer> {
  const packed = (await pack(Buffer.from(state, 'base64'))).toString('base64');
  return Buffer.from(`${JSON.stringify({ ...begin, packed })}\n`);
}

export function recordLines(records: readonly HistoryRecord[]): Buffer {
  return Buffer.from(records.map((record) => `${JSON.stringify(record)}\n`).join(''));
}

/** `path` without an ending: the segment is there plain, or compressed. */
export class SegmentFile {
  constructor(private readonly path: string) {}

  async create(first: Buffer): Promise<void> {
    await writeFile(this.#plain, first, { mode: ownerOnly });
  }

  async append(lines: Buffer): Promise<void> {
    await appendFile(this.#plain, lines, { mode: ownerOnly });
  }

  /** Of the file, as it lies there; 0 when there is none. */
  async bytes(): Promise<number> {
    for (const path of [this.#plain, this.#sealed]) {
      const size = await sizeOf(path);
      if (size !== null) return size;
    }
    return 0;
  }

  async isSealed(): Promise<boolean> {
    return (await sizeOf(this.#plain)) === null;
  }

  /** Cuts off what a crash left unfinished. */
  async cutTail(): Promise<void> {
    const file = await readIfThere(this.#plain);
    if (file === null || file.length === 0 || file.at(-1) === newline) return;
    await truncate(this.#plain, file.lastIndexOf(newline) + 1);
  }

  /** Compresses it; nothing is appended any more. */
  async seal(): Promise<void> {
    const file = await readIfThere(this.#plain);
    if (file === null) return;
    await writeDurably(this.#sealed, await compress(file));
    await rm(this.#plain, { force: true });
  }

  async remove(): Promise<void> {
    await rm(this.#sealed, { force: true });
    await rm(this.#plain, { force: true });
  }

  async read(): Promise<readonly HistoryRecord[]> {
    const plain = await readIfThere(this.#plain);
    const sealed = plain === null ? await readIfThere(this.#sealed) : null;
    const file = sealed === null ? plain : await decompress(sealed);
    if (file === null) return [];
    const lines = file
      .subarray(0, file.lastIndexOf(newline) + 1)
      .toString('utf8')
      .split('\n');
    const records = await Promise.all(lines.filter((line) => line !== '').map(readLine));
    return records.filter((record) => record !== null);
  }

  get #plain(): string {
    return `${this.path}.jsonl`;
  }

  get #sealed(): string {
    return `${this.path}.jsonl.gz`;
  }
}

/** Null for a line that is none of ours. */
async function readLine(line: string): Promise<HistoryRecord | null> {
  try {
    const json: unknown = JSON.parse(line);
    const begin = PackedBegin.safeParse(json);
    if (!begin.success) return HistoryRecord.safeParse(json).data ?? null;
    const { packed, ...others } = begin.data;
    const state = (await unpack(Buffer.from(packed, 'base64'))).toString('base64');
    return HistoryRecord.safeParse({ ...others, state }).data ?? null;
  } catch {
    // After a power cut a line may hold anything; what stands behind it is still read.
    return null;
  }
}

async function sizeOf(path: string): Promise<number | null> {
  try {
    return (await stat(path)).size;
  } catch (error) {
    if (isMissing(error)) return null;
    throw error;
  }
}
