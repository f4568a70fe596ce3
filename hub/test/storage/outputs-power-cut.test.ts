/**
 * Outputs on a machine that loses its power, and in a folder that is copied while a hub writes to it: what was durable is
 * there, and nothing is there by half. All that is random comes from a seed.
 */
import { createHash } from 'node:crypto';
import { mkdtemp, readFile, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { ContentHash, FileId, TextId } from '@cokernel/proto/hub';
import { z } from 'zod';
import type { StoredBytes } from '../../src/run/output-store.js';
import { FileOutputStore } from '../../src/storage/outputs/output-store.js';
import { KilledWriter } from '../support/killed-writer.js';
import { wholeText } from '../support/numbered-outputs.js';
import { copySlowly, random } from '../support/slow-copy.js';
import { waitUntil } from '../support/wait-until.js';

const program = fileURLToPath(new URL('../support/store-outputs-until-killed.ts', import.meta.url));
const Said = z.union([z.object({ put: ContentHash }), z.object({ text: z.number(), size: z.number() })]);

/** What was said to be durable. */
interface Durable {
  readonly hashes: readonly ContentHash[];
  /** Bytes, by the text's number. */
  readonly texts: ReadonlyMap<number, number>;
}

let folder: string;
let writer: Writer | null;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cokernel-outputs-'));
  writer = null;
});
afterEach(async () => {
  await writer?.kill();
  await rm(folder, { recursive: true, force: true });
});

class Writer {
  private readonly hashes: ContentHash[] = [];
  private readonly texts = new Map<number, number>();
  private readonly writer: KilledWriter;

  constructor(into: string, first: number) {
    this.writer = new KilledWriter(program, [into, String(first)], (line) => {
      const said = Said.parse(JSON.parse(line));
      if ('put' in said) this.hashes.push(said.put);
      else this.texts.set(said.text, said.size);
    });
  }

  durable(): Durable {
    this.writer.expectRunning();
    return { hashes: [...this.hashes], texts: new Map(this.texts) };
  }

  kill(): Promise<void> {
    return this.writer.kill();
  }
}

async function bytesOf(stored: StoredBytes | null): Promise<Buffer> {
  const pieces: Uint8Array[] = [];
  for await (const piece of stored?.read() ?? []) pieces.push(piece);
  return Buffer.concat(pieces);
}

/** Whatever has the name of a hash has its bytes. */
async function expectWholeOutputs(place: string): Promise<number> {
  const entries = await readdir(place, { recursive: true, withFileTypes: true });
  const outputs = entries.filter(({ name }) => ContentHash.safeParse(name).success);
  for (const { parentPath, name } of outputs) {
    const hash = createHash('sha256').update(await readFile(join(parentPath, name)));
    expect(hash.digest('hex')).toBe(name);
  }
  return outputs.length;
}

async function expectDurable(place: string, { hashes, texts }: Durable): Promise<void> {
  const notices: unknown[] = [];
  const fileId = FileId.parse('n');
  const store = new FileOutputStore({
    folder: place,
    onNotice: (notice) => notices.push(notice),
    now: () => new Date(),
  });
  await store.start();
  expect(notices).toEqual([]);
  for (const hash of hashes) {
    expect(await store.get(hash)).not.toBeNull();
    expect(await store.isReferred(fileId, hash)).toBe(true);
  }
  for (const [number, size] of texts) {
    const id = TextId.parse(`text.${String(number)}`);
    expect(await store.isReferred(fileId, id)).toBe(true);
    const bytes = await bytesOf(await store.text(id));
    expect(bytes.length).toBeGreaterThanOrEqual(size);
    expect(Buffer.from(wholeText(number)).subarray(0, bytes.length).equals(bytes)).toBe(true);
  }
  await store.close();
}

const enough = ({ hashes }: Durable, wanted: number): boolean => hashes.length >= wanted;

test('[X7] what was durable is there, and whole, when the writer is killed at random moments, again and again', async () => {
  const next = random(3);
  for (let round = 0; round < 4; round += 1) {
    const running = new Writer(folder, round * 100_000);
    writer = running;
    const wanted = 3 + Math.floor(next() * 40);
    await waitUntil('enough is durable', () => enough(running.durable(), wanted));
    const known = running.durable();
    await running.kill();
    await expectWholeOutputs(folder);
    await expectDurable(folder, known);
  }
}, 120_000);

test('[X7] a copy of the folder that is taken while it is written to has what was durable before, and nothing by half', async () => {
  const next = random(4);
  for (let round = 0; round < 3; round += 1) {
    const [place, elsewhere] = [join(folder, `at-${String(round)}`), join(folder, `copy-${String(round)}`)];
    const running = new Writer(place, 0);
    writer = running;
    const wanted = 3 + Math.floor(next() * 20);
    await waitUntil('enough is durable', () => enough(running.durable(), wanted));
    const known = running.durable();
    await copySlowly(place, elsewhere, next);
    await running.kill();
    expect(await expectWholeOutputs(elsewhere)).toBeGreaterThan(0);
    await expectDurable(elsewhere, known);
  }
}, 120_000);
