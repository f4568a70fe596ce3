/** ZeroMQ frames: what is signed, what is refused, and that nothing throws. */
import { createHmac } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  decodeZmqFrames,
  encodeZmqFrames,
  executeRequest,
  type KernelMessage,
  type Signer,
} from '../../src/jupyter/index.js';

const sender = { msgId: 'run-1', session: 'session-1', username: 'ann', date: '2026-01-02T03:04:05.678Z' };
const message: KernelMessage = { ...executeRequest(sender, { code: '1' }), buffers: [new Uint8Array([7])] };
const signer: Signer = (json) => {
  const hmac = createHmac('sha256', 'key');
  for (const part of json) hmac.update(part);
  return hmac.digest('hex');
};
const text = (bytes: Uint8Array | undefined) => new TextDecoder().decode(bytes);
const bytes = (value: string) => new TextEncoder().encode(value);
const frames = encodeZmqFrames(message, signer);
const changed = (index: number, value: Uint8Array) => frames.map((frame, at) => (at === index ? value : frame));

describe('encodeZmqFrames', () => {
  test('[J2] writes delimiter, hex sha256 over the four JSON frames, these, then the buffers', () => {
    const hmac = createHmac('sha256', 'key').update(frames.slice(2, 6).map(text).join('')).digest('hex');
    expect(frames.map(text).slice(0, 2)).toEqual(['<IDS|MSG>', hmac]);
    expect(JSON.parse(text(frames[2]))).toEqual({
      msg_id: 'run-1',
      username: 'ann',
      session: 'session-1',
      date: '2026-01-02T03:04:05.678Z',
      msg_type: 'execute_request',
      version: '5.4',
    });
    expect(frames[6]).toEqual(new Uint8Array([7]));
  });

  test('[J2] leaves the signature empty when the key is', () => {
    expect(text(encodeZmqFrames(message, null)[1])).toBe('');
  });
});

describe('decodeZmqFrames', () => {
  test('[J2] gives back the message, whatever identities stand before the delimiter', () => {
    const decoded = decodeZmqFrames([bytes('kernel.x.status'), bytes(''), ...frames], 'shell', signer);
    expect(decoded).toMatchObject({ ok: true, message });
  });

  test('[J2] does not sign buffers: other buffers leave the signature right', () => {
    expect(decodeZmqFrames(changed(6, bytes('other')), 'shell', signer).ok).toBe(true);
  });

  test.each([
    ['no delimiter', frames.slice(1), 'noDelimiter'],
    ['nothing at all', [], 'noDelimiter'],
    ['too few frames', frames.slice(0, 5), 'tooShort'],
    ['a forged signature', changed(1, bytes('0'.repeat(64))), 'badSignature'],
    ['a signature cut short', changed(1, frames[1]?.subarray(0, 32) ?? bytes('')), 'badSignature'],
    ['an empty signature', changed(1, bytes('')), 'badSignature'],
    ['content that was changed', changed(5, bytes('{"code":"2"}')), 'badSignature'],
  ])('[J3] %s is a value that says why', (_case, list, reason) => {
    expect(decodeZmqFrames(list, 'shell', signer)).toEqual({ ok: false, reason });
  });

  test.each([
    ['broken JSON', changed(5, bytes('{')), 'badJson'],
    ['content that is no object', changed(5, bytes('[1]')), 'badJson'],
    ['a header without an id', changed(2, bytes('{"msg_type":"status","version":"5.3"}')), 'badHeader'],
    ['a header without a type', changed(2, bytes('{"msg_id":"a","version":"5.3"}')), 'badHeader'],
    ['a header without a version', changed(2, bytes('{"msg_id":"a","msg_type":"status"}')), 'oldVersion'],
    ['version 4.1', changed(2, bytes('{"msg_id":"a","msg_type":"status","version":"4.1"}')), 'oldVersion'],
  ])('[J1] %s is refused by name', (_case, list, reason) => {
    expect(decodeZmqFrames(list, 'iopub', null)).toEqual({ ok: false, reason });
  });

  test.each(['5.0', '5.3', '5.5', '6.0'])('[J1] version %s is read', (version) => {
    const header = bytes(JSON.stringify({ msg_id: 'a', msg_type: 'status', version }));
    expect(decodeZmqFrames(changed(2, header), 'iopub', null)).toMatchObject({
      ok: true,
      message: { header: { version } },
    });
  });

  test('[J6] an unknown type and unknown header fields pass untouched', () => {
    const header = bytes(JSON.stringify({ msg_id: 'a', msg_type: 'x_new', version: '5.3', subshell_id: 's', more: 1 }));
    const decoded = decodeZmqFrames(changed(2, header), 'iopub', null);
    expect(decoded).toMatchObject({ ok: true, message: { header: { msg_type: 'x_new', subshell_id: 's', more: 1 } } });
  });

  test('[J3] never throws on any frame list', () => {
    const anyFrame = fc.oneof(fc.uint8Array({ maxLength: 40 }), fc.constantFrom(...frames));
    fc.assert(
      fc.property(fc.array(anyFrame, { maxLength: 9 }), fc.boolean(), (list, signed) => {
        expect(typeof decodeZmqFrames(list, 'shell', signed ? signer : null).ok).toBe('boolean');
      }),
    );
  });
});
