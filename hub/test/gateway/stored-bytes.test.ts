/** Which bytes of a stored output a request gets, and as what. */
import { describe, expect, test } from '@jest/globals';
import { readRange } from '../../src/gateway/byte-range.js';
import { storedType } from '../../src/gateway/stored-type.js';

describe('a range of bytes', () => {
  test.each([
    ['bytes=0-9', { start: 0, end: 10 }],
    ['bytes=90-', { start: 90, end: 100 }],
    ['bytes=90-1000', { start: 90, end: 100 }],
    ['bytes=-10', { start: 90, end: 100 }],
    ['bytes=-1000', { start: 0, end: 100 }],
    ['Bytes = 5 - 5', null],
    ['bytes= 5 - 5 ', { start: 5, end: 6 }],
    ['bytes=100-', 'unsatisfiable'],
    ['bytes=-0', 'unsatisfiable'],
    ['bytes=7-3', null],
    ['bytes=-', null],
    ['bytes=0-1,5-6', null],
    ['bytes=a-b', null],
    ['lines=0-1', null],
    [undefined, null],
  ])('%s of 100 is %j', (header, range) => {
    expect(readRange(header, 100)).toEqual(range);
  });

  test('of nothing there is none', () => {
    expect(readRange('bytes=0-', 0)).toBe('unsatisfiable');
    expect(readRange(undefined, 0)).toBeNull();
  });
});

describe('what a kernel made', () => {
  test.each([
    ['image/png', 'image/png', true],
    ['IMAGE/PNG; x=y', 'image/png', true],
    ['text/plain', 'text/plain; charset=utf-8', true],
    ['application/json', 'application/json; charset=utf-8', true],
    ['application/vnd.vega.v5+json', 'application/json; charset=utf-8', true],
    ['image/svg+xml', 'image/svg+xml', false],
    ['text/html', 'application/octet-stream', false],
    ['text/html\r\nX: y', 'application/octet-stream', false],
    ['application/javascript', 'application/octet-stream', false],
    ['application/xhtml+xml', 'application/octet-stream', false],
    ['text/latex', 'application/octet-stream', false],
    ['', 'application/octet-stream', false],
  ])('called %j is sent as %s, shown: %s', (mime, contentType, isShown) => {
    expect(storedType(mime)).toEqual({ contentType, isShown });
  });
});
