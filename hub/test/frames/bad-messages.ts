/**
 * Messages as ZeroMQ frames that no reader should take: too short, unsigned, wrongly signed, no JSON, said twice, huge,
 * or plain noise. Each is bad by its making, so that a reader which takes one is at fault.
 * Pure: a key and numbers in, frames out; fast-check makes the same from the same seed.
 */
import { createHmac } from 'node:crypto';
import fc from 'fast-check';
import type { BadMessageReason } from '@cokernel/proto/jupyter';

export interface BadMessage {
  readonly frames: readonly Uint8Array[];
  /** By which its reader counts it. A `repeated` one is good the first time: say it twice. */
  readonly reason: BadMessageReason | 'repeated';
}

const KINDS = [
  'noise',
  'short',
  'noDelimiter',
  'unsigned',
  'otherKey',
  'flippedBit',
  'notJson',
  'notAnObject',
  'badHeader',
  'oldVersion',
  'repeated',
  'huge',
] as const;
type BadKind = (typeof KINDS)[number];

/** How often each is made; a huge one costs as much as thousands of others. */
const WEIGHTS: Readonly<Record<BadKind, number>> = {
  ...{ noise: 10, short: 10, noDelimiter: 10, unsigned: 10, otherKey: 10, flippedBit: 10 },
  ...{ notJson: 10, notAnObject: 10, badHeader: 10, oldVersion: 10, repeated: 10, huge: 1 },
};

const DELIMITER = Buffer.from('<IDS|MSG>');
const MAX_HUGE_BYTES = 4 * 1024 * 1024;

export interface BadMessageSource {
  readonly key: string;
  /** Header, parent header, metadata and content of a message that is good and new each time. */
  readonly goodParts: (id: string) => readonly [object, object, object, object];
}

interface Noise {
  readonly id: string;
  readonly bytes: Uint8Array;
  readonly lists: readonly Uint8Array[];
  readonly part: number;
  readonly value: unknown;
}

const noise: fc.Arbitrary<Noise> = fc.record({
  id: fc.uuid(),
  bytes: fc.uint8Array({ minLength: 1, maxLength: 200 }),
  lists: fc.array(fc.uint8Array({ maxLength: 40 }), { minLength: 1, maxLength: 9 }),
  part: fc.nat(3),
  value: fc.oneof(fc.constant(null), fc.integer(), fc.string(), fc.boolean(), fc.array(fc.integer())),
});

/** The same seed gives the same messages. */
export function badMessages(source: BadMessageSource, seed: number, count: number): readonly BadMessage[] {
  const kinds = fc.oneof(...KINDS.map((kind) => ({ weight: WEIGHTS[kind], arbitrary: fc.constant(kind) })));
  const made = fc
    .tuple(kinds, noise)
    .map(([kind, by]) => ({ frames: framesOf(kind, by, source), reason: reasonOf(kind, by) }));
  return fc.sample(made, { seed, numRuns: count });
}

function framesOf(kind: BadKind, by: Noise, { key, goodParts }: BadMessageSource): readonly Uint8Array[] {
  const good = goodParts(by.id).map((part) => Buffer.from(JSON.stringify(part)));
  switch (kind) {
    case 'noise':
      return by.lists;
    case 'short':
      return signed(key, good).slice(0, 1 + by.part);
    case 'noDelimiter':
      return signed(key, good).slice(1);
    case 'unsigned':
      return [DELIMITER, Buffer.alloc(0), ...good];
    case 'otherKey':
      return signed(`${key}x`, good);
    case 'flippedBit':
      return signed(key, good).map((frame, index) => (index === 2 + by.part ? flipped(frame, by.bytes) : frame));
    case 'notJson':
      return signed(key, replaced(good, by.part, Buffer.from([0x7b, 0x7b, ...by.bytes])));
    case 'notAnObject':
      return signed(key, replaced(good, replacesHeader(by) ? 0 : 3, Buffer.from(JSON.stringify(by.value))));
    case 'badHeader':
      return signed(key, replaced(good, 0, Buffer.from(JSON.stringify({ msg_id: by.value, version: '5.3' }))));
    case 'oldVersion':
      return signed(
        key,
        replaced(good, 0, Buffer.from(JSON.stringify({ msg_id: by.id, msg_type: 'x', version: '4.1' }))),
      );
    case 'repeated':
      return signed(key, good);
    case 'huge':
      return [DELIMITER, by.bytes, ...good, Buffer.alloc(1 + ((by.bytes[0] ?? 0) * MAX_HUGE_BYTES) / 256, 0x5b)];
  }
}

function reasonOf(kind: BadKind, by: Noise): BadMessage['reason'] {
  switch (kind) {
    case 'noise':
    case 'noDelimiter':
      return 'noDelimiter';
    case 'short':
      return 'tooShort';
    case 'unsigned':
    case 'otherKey':
    case 'flippedBit':
    case 'huge':
      return 'badSignature';
    case 'notJson':
      return 'badJson';
    case 'notAnObject':
      return replacesHeader(by) ? 'badHeader' : 'badJson';
    case 'badHeader':
    case 'oldVersion':
    case 'repeated':
      return kind;
  }
}

function replacesHeader({ part }: Noise): boolean {
  return part < 2;
}

function signed(key: string, parts: readonly Uint8Array[]): Uint8Array[] {
  const hmac = createHmac('sha256', key);
  for (const part of parts.slice(0, 4)) hmac.update(part);
  return [DELIMITER, Buffer.from(hmac.digest('hex')), ...parts];
}

function replaced(parts: readonly Uint8Array[], at: number, by: Uint8Array): Uint8Array[] {
  return parts.map((part, index) => (index === at ? by : part));
}

function flipped(frame: Uint8Array, bytes: Uint8Array): Uint8Array {
  const copy = Uint8Array.from(frame);
  const place = (bytes[0] ?? 0) % copy.length;
  copy[place] = (copy[place] ?? 0) ^ 1;
  return copy;
}
