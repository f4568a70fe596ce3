import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { StoredBytes } from '../../src/run/output-store.js';
import { type TextSearch, searchText } from '../../src/run/search-text.js';

/** A text that is read in pieces of these sizes, over and over. */
function storedText(text: string, sizes: readonly number[] = [7]): StoredBytes & { pieces: number } {
  const bytes = Buffer.from(text);
  return {
    size: bytes.length,
    pieces: 0,
    async *read() {
      for (let at = 0; at < bytes.length;) {
        const size = sizes[this.pieces % sizes.length] ?? 1;
        this.pieces += 1;
        yield await Promise.resolve(bytes.subarray(at, at + size));
        at += size;
      }
    },
  };
}

const search = (stored: StoredBytes, asked: Partial<TextSearch> & { words: string }) =>
  searchText(stored, { from: 0, limit: 100, ...asked }, new AbortController().signal);

describe('a search in a stored text', () => {
  test('tells the line, the bytes and the line’s text of each match', async () => {
    const { matches, next } = await search(storedText('eins\nzwölf Würfel, zwölf\n\nnichts\nzwölf'), {
      words: 'zwölf',
    });
    expect(next).toBeNull();
    expect(matches).toEqual([
      { line: 2, from: 5, to: 11, text: 'zwölf Würfel, zwölf' },
      { line: 2, from: 21, to: 27, text: 'zwölf Würfel, zwölf' },
      { line: 5, from: 36, to: 42, text: 'zwölf' },
    ]);
  });

  test('shows of a long line what is near, cut between characters', async () => {
    const { matches } = await search(storedText(`${'ü'.repeat(300)}!needle?${'🙂'.repeat(300)}\n`), {
      words: 'needle',
    });
    expect(matches.map(({ text }) => text)).toEqual([`${'ü'.repeat(49)}!needle?${'🙂'.repeat(49)}`]);
  });

  test('goes on where it stopped, until there is nothing more', async () => {
    const stored = storedText(Array.from({ length: 25 }, (_, n) => `line ${n}: here`).join('\n'), [64]);
    const lines: number[] = [];
    let from: number | null = 0;
    let pages = 0;
    while (from !== null) {
      const page: Awaited<ReturnType<typeof search>> = await search(stored, { words: 'here', from, limit: 10 });
      lines.push(...page.matches.map(({ line }) => line));
      from = page.next;
      pages += 1;
    }
    expect(lines).toEqual(Array.from({ length: 25 }, (_, n) => n + 1));
    expect(pages).toBe(3);
  });

  test('reads no further than it needs, nor for somebody who has gone', async () => {
    const text = 'found\n'.repeat(100_000);
    const few = storedText(text, [1_000]);
    await search(few, { words: 'found', limit: 3 });
    expect(few.pieces).toBeLessThan(3);
    const leaving = new AbortController();
    leaving.abort();
    const left = storedText(text, [1_000]);
    await searchText(left, { words: 'not there', from: 0, limit: 3 }, leaving.signal);
    expect(left.pieces).toBe(1);
  });

  test('finds what a plain search finds, however the text comes', async () => {
    const text = fc.string({ unit: fc.constantFrom('a', 'b', 'ü', '\n', '🙂'), maxLength: 700 });
    const words = fc.string({ unit: fc.constantFrom('a', 'b', 'ü', '🙂'), minLength: 1, maxLength: 3 });
    const sizes = fc.array(fc.integer({ min: 1, max: 400 }), { minLength: 1, maxLength: 5 });
    await fc.assert(
      fc.asyncProperty(text, words, sizes, fc.nat(800), async (whole, sought, pieces, from) => {
        const { matches } = await search(storedText(whole, pieces), { words: sought, from, limit: 10_000 });
        expect(matches.map((match) => [match.line, match.from, match.to])).toEqual(plainSearch(whole, sought, from));
        for (const match of matches) expect(match.text).toContain(sought);
        for (const match of matches) expect(whole.split('\n')[match.line - 1]).toContain(match.text);
      }),
      { numRuns: 300, seed: 11 },
    );
  });
});

function plainSearch(text: string, words: string, from: number): number[][] {
  const [bytes, sought] = [Buffer.from(text), Buffer.from(words)];
  const found: number[][] = [];
  for (
    let at = bytes.indexOf(sought, from);
    at !== -1 && from < bytes.length;
    at = bytes.indexOf(sought, at + sought.length)
  ) {
    found.push([bytes.toString('latin1', 0, at).split('\n').length, at, at + sought.length]);
  }
  return found;
}
