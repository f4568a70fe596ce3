/** The kernel WebSocket's two formats: the bytes of the specification, and no input that makes them throw. */
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  decodeDefault,
  decodeV1,
  encodeDefault,
  encodeV1,
  encodeV1Parts,
  executeRequest,
  messageParts,
  type KernelMessage,
} from '../../src/jupyter/index.js';

const sender = { msgId: 'run-1', session: 'session-1', username: 'ann', date: '2026-01-02T03:04:05.678Z' };
const plain = executeRequest(sender, { code: 'print("é")' });
const withBuffers: KernelMessage = {
  ...plain,
  buffers: [new Uint8Array([1, 2, 3]), new Uint8Array(0), new Uint8Array([255])],
};
const codec = { v1: { encode: encodeV1, decode: decodeV1 }, default: { encode: encodeDefault, decode: decodeDefault } };

/** The JSON text of an object, as many bytes long as asked for. */
function padded(fields: object, length: number): Uint8Array {
  const bare = JSON.stringify({ ...fields, pad: '' }).length;
  return new TextEncoder().encode(JSON.stringify({ ...fields, pad: 'y'.repeat(length - bare) }));
}

describe('v1.kernel.websocket.jupyter.org', () => {
  test('parts of the lengths that Jupyter Server sent give the offsets that it wrote', () => {
    const header = { msg_id: 'm', msg_type: 't', version: '5.3' };
    const json = [padded(header, 206), padded(header, 154), new TextEncoder().encode('{}'), padded({}, 27)] as const;
    const frame = encodeV1Parts('shell', { json, buffers: [] });
    const view = new DataView(frame.buffer);
    const offsets = [1, 2, 3, 4, 5, 6].map((index) => Number(view.getBigUint64(8 * index, true)));
    expect([Number(view.getBigUint64(0, true)), ...offsets]).toEqual([6, 56, 61, 267, 421, 423, 450]);
    expect(frame.length).toBe(450);
    expect(decodeV1(frame)).toMatchObject({ ok: true, message: { channel: 'shell', header, parent_header: header } });
  });

  test('our own frame begins with n = 6, first offset 56 and ends with its length', () => {
    const frame = encodeV1(plain);
    const view = new DataView(frame.buffer);
    expect([0, 1, 2, 6].map((index) => Number(view.getBigUint64(8 * index, true)))).toEqual([6, 56, 61, frame.length]);
  });

  test('JSON that is only passed on keeps its bytes, numbers beyond 2^53 included', () => {
    const { json } = messageParts(plain);
    const content = new TextEncoder().encode('{"big": 12345678901234567890}');
    const decoded = decodeV1(encodeV1Parts('shell', { json: [json[0], json[1], json[2], content], buffers: [] }));
    expect(decoded.ok && new TextDecoder().decode(decoded.parts.json[3])).toBe('{"big": 12345678901234567890}');
  });
});

describe.each(Object.entries(codec))('the %s codec', (_name, { encode, decode }) => {
  test.each([
    ['without buffers', plain],
    ['with buffers', withBuffers],
  ])('gives back the message that was written, %s', (_case, message) => {
    expect(readBack(decode, encode(message))).toEqual(message);
  });

  test('never throws on garbage, and answers with a reason', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        const decoded = decode(bytes);
        expect(decoded.ok || decoded.reason.length > 0).toBe(true);
      }),
    );
  });

  test('never takes a frame that was cut or has a byte changed for a message with more or other buffers', () => {
    const whole = bytesOf(encode(withBuffers));
    fc.assert(
      fc.property(fc.nat(whole.length - 1), fc.nat(255), (position, byte) => {
        const changed = whole.slice();
        changed[position] = byte;
        const cut = decode(whole.subarray(0, position));
        expect(typeof decode(changed).ok).toBe('boolean');
        expect(cut.ok && cut.message.buffers.length > withBuffers.buffers.length).toBe(false);
      }),
    );
  });
});

function readBack(decode: (frame: Uint8Array) => ReturnType<typeof decodeDefault>, frame: string | Uint8Array) {
  const decoded = typeof frame === 'string' ? decodeDefault(frame) : decode(frame);
  return decoded.ok
    ? { ...decoded.message, buffers: decoded.message.buffers.map((buffer) => new Uint8Array(buffer)) }
    : decoded;
}

function bytesOf(frame: string | Uint8Array): Uint8Array {
  return typeof frame === 'string' ? new TextEncoder().encode(frame) : frame;
}

describe('the default codec', () => {
  test('writes text with msg_id and msg_type at top level when there are no buffers', () => {
    const frame = encodeDefault(plain);
    expect(typeof frame === 'string' && JSON.parse(frame)).toMatchObject({
      msg_id: 'run-1',
      msg_type: 'execute_request',
      buffers: [],
    });
  });

  test('writes u32 big-endian offsets when there are', () => {
    const frame = bytesOf(encodeDefault(withBuffers));
    const view = new DataView(frame.buffer);
    expect([view.getUint32(0), view.getUint32(4)]).toEqual([4, 20]);
    expect([view.getUint32(12), view.getUint32(16)]).toEqual([frame.length - 1, frame.length - 1]);
  });

  test('accepts a binary frame whose only part is the JSON', () => {
    const text = new TextEncoder().encode(String(encodeDefault(plain)));
    const frame = new Uint8Array([0, 0, 0, 1, 0, 0, 0, 8, ...text]);
    expect(decodeDefault(frame)).toMatchObject({ ok: true, message: { header: { msg_id: 'run-1' } } });
  });

  test('reads a frame without a channel as shell, and refuses one with an unknown channel', () => {
    const { channel: _channel, ...rest } = plain;
    expect(decodeDefault(JSON.stringify(rest))).toMatchObject({ ok: true, message: { channel: 'shell' } });
    expect(decodeDefault(JSON.stringify({ ...rest, channel: 'hb' }))).toEqual({ ok: false, reason: 'badChannel' });
  });
});
