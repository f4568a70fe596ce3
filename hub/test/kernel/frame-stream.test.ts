/** Frames on the keeper's socket: whole and in order, however the bytes are cut; what is no stream is told apart. */
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { encodeFrame, FrameReader, type Frame } from '../../src/kernel/frame-stream.js';

const frame = fc.record({ kind: fc.nat(255), payload: fc.uint8Array({ maxLength: 60 }) });

describe('FrameReader', () => {
  test('gives the frames that were written, however the bytes are cut', () => {
    fc.assert(
      fc.property(fc.array(frame, { maxLength: 8 }), fc.array(fc.nat(400)), (frames, cuts) => {
        const bytes = Buffer.concat(frames.map(({ kind, payload }) => encodeFrame(kind, payload)));
        const read = feedInPieces(bytes, cuts);
        expect(read.map(({ kind, payload }) => ({ kind, payload: new Uint8Array(payload) }))).toEqual(frames);
      }),
    );
  });

  test('a payload of several pieces is written as one', () => {
    const [read] = new FrameReader().feed(encodeFrame(1, Buffer.from('a'), Buffer.from('bc')));
    expect(read?.payload.toString()).toBe('abc');
  });

  test.each([
    ['a length of zero', Buffer.from([0, 0, 0, 0, 0])],
    ['a length that no frame has', Buffer.from([0xff, 0xff, 0xff, 0xff, 0])],
  ])('%s is not a stream of frames', (_case, bytes) => {
    const reader = new FrameReader();
    const before = encodeFrame(0, Buffer.from('a'));
    expect(reader.feed(Buffer.concat([before, bytes]))).toHaveLength(1);
    expect(reader.isBroken).toBe(true);
    expect(reader.feed(before)).toEqual([]);
    expect(reader.isBroken).toBe(true);
  });

  test('a reader with a bound takes frames up to it, and refuses a longer one by its length alone', () => {
    const frame = encodeFrame(0, Buffer.alloc(10));
    expect(new FrameReader(frame.length).feed(frame)).toHaveLength(1);
    const narrow = new FrameReader(frame.length - 1);
    expect(narrow.feed(frame.subarray(0, 4))).toEqual([]);
    expect([narrow.isInFrame, narrow.isBroken]).toEqual([true, false]);
    narrow.feed(frame.subarray(4, 5));
    expect(narrow.isBroken).toBe(true);
  });
});

function feedInPieces(bytes: Buffer, cuts: readonly number[]): Frame[] {
  const reader = new FrameReader();
  const ends = [...cuts.filter((cut) => cut < bytes.length), bytes.length].sort((a, b) => a - b);
  const starts = [0, ...ends];
  return ends.flatMap((end, index) => reader.feed(bytes.subarray(starts[index], end)));
}
