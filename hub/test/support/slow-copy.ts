/** A folder copied while somebody writes to it, as a sync tool does it; all that is random comes from a seed. */
import { mkdir, open, readdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';

/** Numbers from 0 to 1, the same for a seed (mulberry32). */
export function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

function shuffled<T>(items: readonly T[], next: () => number): T[] {
  return items
    .map((item) => ({ item, place: next() }))
    .sort((a, b) => a.place - b.place)
    .map(({ item }) => item);
}

/** As a sync tool copies: the names first, then one file after the other, piece by piece, with pauses. */
export async function copySlowly(from: string, to: string, next: () => number): Promise<void> {
  const entries = await readdir(from, { recursive: true, withFileTypes: true });
  const names = entries.filter((each) => each.isFile()).map(({ parentPath, name }) => join(parentPath, name));
  for (const source of shuffled(names, next)) {
    const target = join(to, source.slice(from.length + 1));
    await mkdir(dirname(target), { recursive: true });
    await copyPieces(source, target, next);
  }
}

async function copyPieces(source: string, target: string, next: () => number): Promise<void> {
  const reading = await open(source, 'r').catch(() => null);
  // Gone since the names were read.
  if (reading === null) return;
  const writing = await open(target, 'w');
  const piece = Buffer.alloc(1 + Math.floor(next() * 64 * 1024));
  for (let read = -1; read !== 0;) {
    read = (await reading.read(piece, 0, piece.length)).bytesRead;
    await writing.write(piece, 0, read);
    if (next() < 0.2) await new Promise((resolve) => setImmediate(resolve));
  }
  await Promise.all([reading.close(), writing.close()]);
}
