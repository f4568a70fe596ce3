/**
 * What a keeper's socket may be sent and must not follow: bytes that are no frames, frames cut off or of no known kind,
 * bad JSON, requests that can't be done, lengths that nobody could hold, fences that are stale, requests sent before.
 * Pure: numbers in, bytes out; fast-check makes the same from the same seed.
 */
import fc from 'fast-check';
import { KernelId } from '@cokernel/proto/hub';
import { encodeV1, executeRequest } from '@cokernel/proto/jupyter';
import { encodeFrame } from '../../src/kernel/frame-stream.js';
import {
  encodeJson,
  encodeSend,
  FRAME_JSON,
  FRAME_SEND,
  MAX_TO_KEEPER_BYTES,
} from '../../src/kernel/keeper-protocol.js';

/** Said after hello on a connection that goes on. */
const FOLLOWED_BY_MORE = [
  'unknownKind',
  'notJson',
  'notARequest',
  'badRequest',
  'noSuchKernel',
  'staleFence',
  'impossibleFence',
  'shortSend',
  'badSend',
  'alreadySent',
  'hugeJson',
] as const;
/** The last that its connection says; those of `WITHOUT_HELLO` are the first, too. */
const LAST = ['noise', 'zeroLength', 'giantLength', 'cutOff', 'largeAndCutOff', 'otherVersion', 'noHello'] as const;
const WITHOUT_HELLO: readonly BadFrameKind[] = ['otherVersion', 'noHello'];

type BadFrameKind = (typeof FOLLOWED_BY_MORE)[number] | (typeof LAST)[number];

const REASONS: Readonly<Record<BadFrameKind, string>> = {
  unknownKind: 'unknownKind',
  notJson: 'notUnderstood',
  notARequest: 'notUnderstood',
  badRequest: 'notUnderstood',
  noSuchKernel: 'noSuchKernel',
  staleFence: 'staleFence',
  impossibleFence: 'unreadable',
  shortSend: 'unreadable',
  badSend: 'badRequest',
  alreadySent: 'alreadySent',
  hugeJson: 'notUnderstood',
  noise: 'noFrames',
  zeroLength: 'noFrames',
  giantLength: 'noFrames',
  cutOff: 'cutOff',
  largeAndCutOff: 'cutOff',
  otherVersion: 'otherVersion',
  noHello: 'noHello',
};

export interface BadFrame {
  /** By which the keeper counts it. */
  readonly reason: string;
  readonly bytes: Uint8Array;
  readonly afterHello: boolean;
  readonly isLast: boolean;
}

export interface BadFrameSource {
  /** A kernel whose highest fence is above 0. */
  readonly kernelId: KernelId;
  readonly fence: number;
  /** The id of a request that was sent to it. */
  readonly sentId: string;
}

interface Noise {
  readonly id: number;
  readonly name: string;
  readonly bytes: Uint8Array;
  readonly value: unknown;
  readonly share: number;
  readonly command: 'interrupt' | 'restart' | 'shutdown' | 'attach';
}

const noise: fc.Arbitrary<Noise> = fc.record({
  id: fc.nat(2 ** 31),
  name: fc.stringMatching(/^[a-z]{1,20}$/),
  bytes: fc.uint8Array({ minLength: 5, maxLength: 300 }),
  value: fc.jsonValue(),
  share: fc.double({ min: 0, max: 1, noNaN: true }),
  command: fc.constantFrom('interrupt', 'restart', 'shutdown', 'attach'),
});

const MAX_HUGE_BYTES = 2 * 1024 * 1024;
const ALLOWED_BUT_LARGE_BYTES = 200 * 1024 * 1024;

/** The same seed gives the same frames. */
export function badFrames(source: BadFrameSource, seed: number, count: number): readonly BadFrame[] {
  const ofKind = (kind: BadFrameKind) => fc.constant(kind);
  const kinds = fc.oneof(
    ...FOLLOWED_BY_MORE.map((kind) => ({ weight: kind === 'hugeJson' ? 1 : 20, arbitrary: ofKind(kind) })),
    ...LAST.map((kind) => ({ weight: 4, arbitrary: ofKind(kind) })),
  );
  const made = fc.tuple(kinds, noise).map(([kind, by]) => ({
    reason: REASONS[kind],
    bytes: bytesOf(kind, by, source),
    afterHello: !WITHOUT_HELLO.includes(kind),
    isLast: LAST.some((last) => last === kind),
  }));
  return fc.sample(made, { seed, numRuns: count });
}

function bytesOf(kind: BadFrameKind, by: Noise, source: BadFrameSource): Uint8Array {
  const { kernelId, fence, sentId } = source;
  const { id, bytes, value, command } = by;
  const commandOf = (of: { kernelId: KernelId; fence: number }) =>
    encodeJson({ type: 'request', id, request: command, fromSeq: 0, ...of });
  switch (kind) {
    case 'unknownKind':
      return encodeFrame(3 + (id % 253), bytes);
    case 'notJson':
      return encodeFrame(FRAME_JSON, Buffer.from('{{'), bytes);
    case 'notARequest':
      return jsonFrame({ said: value });
    case 'badRequest':
      return jsonFrame({ type: 'request', id, request: by.name, kernelId: value });
    case 'noSuchKernel':
      return commandOf({ kernelId: KernelId.parse(`no-${by.name}`), fence });
    case 'staleFence':
      return commandOf({ kernelId, fence: Math.floor(by.share * (fence - 1)) });
    case 'impossibleFence':
      return withFence(encodeSend(id, 0, kernelId, bytes), 2n ** 53n + BigInt(id));
    case 'shortSend':
      return encodeFrame(FRAME_SEND, bytes.subarray(0, id % 13));
    case 'badSend':
      return encodeSend(id, fence, kernelId, bytes);
    case 'alreadySent':
      return encodeSend(id, fence, kernelId, encodeV1(executeRequest(senderOf(sentId), { code: 'again' })));
    case 'hugeJson':
      return encodeFrame(FRAME_JSON, Buffer.alloc(1 + Math.floor(by.share * MAX_HUGE_BYTES), 0x5b));
    case 'noise':
      // As a length it is too large, as most noise is.
      return bytes.map((byte, index) => (index === 3 ? byte | 0x80 : byte));
    case 'zeroLength':
      return Buffer.concat([Buffer.alloc(4), bytes]);
    case 'giantLength':
      return lengthFirst(MAX_TO_KEEPER_BYTES + id, bytes);
    case 'cutOff':
      return lengthFirst(bytes.length + 1 + (id % 100_000), bytes);
    case 'largeAndCutOff':
      return lengthFirst(ALLOWED_BUT_LARGE_BYTES + (id % 1_000), bytes);
    case 'otherVersion':
      return jsonFrame({ type: 'hello', version: 3 + id });
    case 'noHello':
      return commandOf({ kernelId, fence });
  }
}

function jsonFrame(value: unknown): Buffer {
  return encodeFrame(FRAME_JSON, Buffer.from(JSON.stringify(value)));
}

function lengthFirst(length: number, bytes: Uint8Array): Buffer {
  const head = Buffer.alloc(4);
  head.writeUInt32LE(length);
  return Buffer.concat([head, bytes]);
}

/** Behind the frame's own five bytes and the request's four. */
function withFence(frame: Buffer, fence: bigint): Buffer {
  frame.writeBigUInt64LE(fence, 9);
  return frame;
}

function senderOf(msgId: string) {
  return { msgId, session: 'rude', username: 'rude', date: '' };
}
