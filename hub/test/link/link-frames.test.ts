/** What crosses the link between two hubs: every frame comes out as it went in, and what is none is named. */
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { Role } from '@cokernel/proto/hub';
import { decodeFrames, encodeFrames, type LinkFrame } from '../../src/link/link-frames.js';

const id = fc.nat();
const text = fc.string({ unit: 'grapheme', maxLength: 200 });
const data = fc.uint8Array({ maxLength: 300 });
const role = fc.constantFrom(...Role.options);
const credits = fc.array(fc.record({ id, bytes: fc.maxSafeNat() }), { maxLength: 20 });
const code = fc.integer({ min: 1000, max: 4999 });

const frame: fc.Arbitrary<LinkFrame> = fc.oneof(
  fc.record({ kind: fc.constant('open' as const), id, url: text, role, protocol: text }),
  fc.record({ kind: fc.constant('message' as const), id, isBinary: fc.boolean(), data }),
  fc.record({ kind: fc.constant('closed' as const), id, code }),
  fc.record({ kind: fc.constantFrom('ping' as const, 'pong' as const), id, text }),
  fc.record({ kind: fc.constant('written' as const), credits }),
  fc.record({ kind: fc.constant('send' as const), ids: fc.array(id), isBinary: fc.boolean(), data }),
  fc.record({ kind: fc.constant('close' as const), id, code, reason: text }),
  fc.constant({ kind: 'handedOver' as const }),
);

/** With plain arrays of bytes, as toEqual compares them. */
const plain = (frames: readonly LinkFrame[]): unknown =>
  frames.map((one) => ('data' in one ? { ...one, data: [...one.data] } : one));

/** As a message lies in a buffer that holds others too. */
function inLargerBuffer(bytes: Uint8Array): Uint8Array {
  const buffer = new Uint8Array(bytes.length + 200);
  buffer.set(bytes, 100);
  return buffer.subarray(100, 100 + bytes.length);
}

describe('a message of the link', () => {
  test('gives back the frames that went in, in order, wherever it lies', () => {
    fc.assert(
      fc.property(fc.array(frame, { maxLength: 12 }), (frames) => {
        const decoded = decodeFrames(inLargerBuffer(encodeFrames(frames)));
        expect(decoded.bad).toBeNull();
        expect(plain(decoded.frames)).toEqual(plain(frames));
      }),
    );
  });

  test('that is cut anywhere gives the frames that are whole, and never reads on behind its end', () => {
    fc.assert(
      fc.property(fc.array(frame, { minLength: 1, maxLength: 6 }), fc.nat(), (frames, at) => {
        const bytes = encodeFrames(frames);
        const decoded = decodeFrames(inLargerBuffer(bytes).subarray(0, at % bytes.length));
        expect(plain(decoded.frames)).toEqual(plain(frames.slice(0, decoded.frames.length)));
        expect(decoded.frames.length).toBeLessThan(frames.length);
      }),
    );
  });

  test('of any bytes is read or named bad, and never throws', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
        const { frames, bad } = decodeFrames(bytes);
        expect(bad === null || bad.length > 0).toBe(true);
        expect(frames.length).toBeLessThanOrEqual(bytes.length);
      }),
      { numRuns: 2000 },
    );
  });

  test.each([
    ['of a kind that there is not', [200], 'no frame of kind 200'],
    ['with more clients than bytes', [5, 255, 255, 3], 'a length of 65535 where 0 bytes are left'],
    ['with more data than there is', [1, 7, 1, 100, 1, 2], 'a length of 100 where 2 bytes are left'],
    ['with a text that is none', [7, 1, 2, 0xff, 0xfe], 'not valid'],
    ['of somebody in a role that there is not', [0, 1, 0, 1, 0x78, 0], "no role 'x'"],
  ])('%s is named bad', (_what, bytes, reason) => {
    expect(decodeFrames(new Uint8Array(bytes))).toMatchObject({ frames: [], bad: expect.stringContaining(reason) });
  });
});
