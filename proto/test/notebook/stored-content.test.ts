/** What lies outside a document comes back exactly as it was, or does not go there. */
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { decodeContent, encodeContent, type JsonValue } from '../../src/notebook/index.js';

const PNG = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg==';

const again = (mime: string, value: JsonValue): JsonValue | null => {
  const content = encodeContent(mime, value);
  return content === null ? null : decodeContent(mime, content);
};

describe('base64', () => {
  test.each([
    ['in one line', PNG],
    ['with a line break at its end', `${PNG}\n`],
    ['in lines of 76', `${PNG.slice(0, 76)}\n${PNG.slice(76)}\n`],
    ['in lines of 64 without the last break', `${PNG.slice(0, 64)}\n${PNG.slice(64)}`],
    ['empty', ''],
  ])('%s is kept as its bytes', (_, text) => {
    expect(again('image/png', text)).toBe(text);
    expect(encodeContent('image/png', text)?.bytes).toHaveLength(Buffer.from(text, 'base64').length);
  });

  test.each([
    ['no base64 at all', 'not base64!'],
    ['with carriage returns', `${PNG.slice(0, 76)}\r\n${PNG.slice(76)}\r\n`],
    ['in uneven lines', `${PNG.slice(0, 10)}\n${PNG.slice(10, 30)}\n${PNG.slice(30)}`],
    ['without its padding', PNG.slice(0, -2)],
    ['with blank lines at its end', `${PNG}\n\n`],
  ])('%s is kept as text', (_, text) => {
    expect(again('image/png', text)).toBe(text);
    expect(encodeContent('image/png', text)?.base64).toBeUndefined();
  });
});

describe('text and JSON', () => {
  test('[C5] JSON is kept as JSON, whatever its value', () => {
    for (const value of ['text', ['a\n', 'b'], { a: [1, 2.5, null, '\ud800'] }, null, 7]) {
      expect(again('application/vnd.x+json', value)).toEqual(value);
    }
  });

  test('what would come back otherwise has no bytes', () => {
    expect(encodeContent('application/json', { a: [NaN] })).toBeNull();
    expect(encodeContent('text/plain', 'half a pair: \ud800')).toBeNull();
    expect(encodeContent('text/html', ['a', 'list'])).toBeNull();
  });

  test('anything comes back as it was, or has no bytes', () => {
    const mimes = fc.constantFrom('text/plain', 'image/png', 'image/svg+xml', 'application/json', 'application/x');
    const texts = fc.oneof(fc.string({ unit: 'binary' }), fc.base64String(), fc.constant('\ufeffmark'));
    fc.assert(
      fc.property(mimes, fc.oneof(texts, fc.jsonValue()), (mime, value) => {
        const content = encodeContent(mime, value as JsonValue);
        if (content !== null) expect(decodeContent(mime, content)).toEqual(value);
      }),
    );
  });
});
