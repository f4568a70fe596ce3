/** Pages of a long text: whole lines and whole characters, each byte on one page. */
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { pageOf } from '../src/notebook-page/text-pages.js';

const encoder = new TextEncoder();
const PAGE = 64;
const LINE = 16;

/** As the viewer reads it, with small pages. */
function pageAt(bytes: Uint8Array, at: number) {
  const start = Math.max(0, at - LINE);
  return pageOf({ start, size: bytes.length, bytes: bytes.subarray(start, at + PAGE), wanted: at });
}

describe('pages of a text', () => {
  test('one after the other they are the text, whatever its lines and characters', () => {
    const line = fc.string({ unit: 'binary', maxLength: 12 }).map((text) => text.replaceAll('\n', ''));
    fc.assert(
      fc.property(fc.array(line, { minLength: 1, maxLength: 60 }), (lines) => {
        const text = lines.join('\n');
        const bytes = encoder.encode(text);
        let read = '';
        for (let at = 0; at < bytes.length;) {
          const page = pageAt(bytes, at);
          expect(page.start).toBe(at);
          expect(page.end).toBeGreaterThan(at);
          read += page.text;
          at = page.end;
        }
        expect(read).toBe(new TextDecoder().decode(bytes));
      }),
    );
  });

  test('a page that is asked for in the middle of a line begins with that line', () => {
    const bytes = encoder.encode('first\nsecond line\nthird\n');
    expect(pageAt(bytes, 10)).toEqual({ start: 6, end: 24, size: 24, text: 'second line\nthird\n' });
  });
});
