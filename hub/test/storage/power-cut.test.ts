/**
 * A machine that loses its power, and a folder that is copied while a hub writes to it: what was acknowledged is there,
 * and every file can be read. A process that writes to the real store is killed at random moments, and its folder is
 * copied file by file; all that is random comes from a seed.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import * as Y from 'yjs';
import { EmbeddedDocumentStore } from '../../src/storage/embedded/document-store.js';
import { KilledWriter } from '../support/killed-writer.js';
import { newFileId } from '../support/queued-run.js';
import { copySlowly, random } from '../support/slow-copy.js';
import { waitUntil } from '../support/wait-until.js';

const program = fileURLToPath(new URL('../support/append-until-killed.ts', import.meta.url));
const fileId = newFileId('a-notebook');

let folder: string;
let writer: Writer | null;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cokernel-power-'));
  writer = null;
});
afterEach(async () => {
  await writer?.kill();
  await rm(folder, { recursive: true, force: true });
});

interface Writer {
  /** The highest number that was said to be durable. */
  acknowledged(): number;
  kill(): Promise<void>;
}

function startWriter(into: string, compactEvery: number): Writer {
  let acknowledged = -1;
  const writing = new KilledWriter(program, [into, fileId, String(compactEvery)], (line) => {
    acknowledged = Number(line);
  });
  return {
    acknowledged: () => {
      writing.expectRunning();
      return acknowledged;
    },
    kill: () => writing.kill(),
  };
}

/** The numbers of the document in a folder; nothing of it was damaged. */
async function numbersIn(place: string): Promise<readonly number[]> {
  const store = new EmbeddedDocumentStore({ folder: place, onNotice: () => undefined, now: () => new Date() });
  await store.start();
  const loaded = (await store.open(fileId, 1))?.loaded;
  await store.close();
  const doc = new Y.Doc();
  for (const update of loaded?.updates ?? []) Y.applyUpdate(doc, update);
  const numbers = doc.getArray<number>('numbers').toArray();
  // The mark stands in the same record as its update.
  if (numbers.length > 0) expect(loaded?.marks).toMatchObject([{ seq: numbers.length - 1 }]);
  return numbers;
}

const upTo = (count: number): number[] => Array.from({ length: count }, (_, index) => index);

test('[X1] nothing that was acknowledged is lost when the writer is killed at random moments, again and again', async () => {
  const next = random(1);
  let before = 0;
  for (let round = 0; round < 3; round += 1) {
    writer = startWriter(folder, 8 * (1 + Math.floor(next() * 40)));
    const { acknowledged } = writer;
    const wanted = before + 20 + Math.floor(next() * 800);
    await waitUntil('enough is acknowledged', () => acknowledged() >= wanted);
    const known = acknowledged();
    await writer.kill();
    const numbers = await numbersIn(folder);
    expect(numbers).toEqual(upTo(numbers.length));
    expect(numbers.length).toBeGreaterThan(known);
    before = numbers.length;
  }
}, 120_000);

test('[X1] a copy of the folder that is taken while it is written to holds all that was acknowledged before', async () => {
  const next = random(2);
  writer = startWriter(folder, 120);
  const { acknowledged } = writer;
  await waitUntil('the writer writes', () => acknowledged() >= 100);
  for (let round = 0; round < 12; round += 1) {
    const wanted = acknowledged() + Math.floor(next() * 100);
    await waitUntil('something more is written', () => acknowledged() >= wanted);
    const known = acknowledged();
    const elsewhere = await mkdtemp(join(tmpdir(), 'cokernel-copy-'));
    await copySlowly(folder, elsewhere, next);
    const numbers = await numbersIn(elsewhere);
    expect(numbers).toEqual(upTo(numbers.length));
    expect(numbers.length).toBeGreaterThan(known);
    await rm(elsewhere, { recursive: true });
  }
}, 120_000);
