/**
 * Pure: the frames of a document's log. A file is eight bytes of magic, then frames:
 *
 *     length u32 | crc32 u32 | fence u64 | seq u64 | kind u8 | payload      (big endian)
 *
 * `length` counts what follows the crc32, which covers the same bytes. The fence is that of the writer's lease: a
 * frame with a lower one than the frame before was written by a former owner, too late, and is skipped. `seq` grows
 * by one a frame.
 */
import { crc32 } from '../../crc32.js';

/** Name and version: another version gets another last byte. */
export const logMagic = Buffer.from('CKLOG\0\0\x01', 'latin1');

const frameKind = { header: 0, base: 1, update: 2, markedUpdate: 3, fact: 4, opened: 5 } as const;
export type FrameKind = keyof typeof frameKind;

export interface Frame {
  readonly fence: number;
  readonly seq: number;
  readonly kind: FrameKind;
  readonly payload: Uint8Array;
}

const prefixBytes = 8;
const bodyHeadBytes = 17;

/** More frames than a log holds between two compactions. */
const nearSeqs = 2 ** 24;

export function encodeFrame({ fence, seq, kind, payload }: Frame): Buffer<ArrayBuffer> {
  const frame = Buffer.alloc(prefixBytes + bodyHeadBytes + payload.byteLength);
  frame.writeUInt32BE(bodyHeadBytes + payload.byteLength, 0);
  frame.writeBigUInt64BE(BigInt(fence), prefixBytes);
  frame.writeBigUInt64BE(BigInt(seq), prefixBytes + 8);
  frame.writeUInt8(frameKind[kind], prefixBytes + 16);
  frame.set(payload, prefixBytes + bodyHeadBytes);
  frame.writeUInt32BE(crc32(frame.subarray(prefixBytes)), 4);
  return frame;
}

export type ScannedLog =
  /** `goodBytes`: up to the end of the last whole frame; what follows was not written to its end. */
  | { readonly outcome: 'read'; readonly frames: readonly Frame[]; readonly goodBytes: number }
  /** Something before the end is wrong: whole frames follow it, or the beginning is none of ours. */
  | { readonly outcome: 'damaged'; readonly frames: readonly Frame[]; readonly offset: number };

/** Reads all frames of a file. Payloads share its memory. */
export function scanLog(file: Buffer): ScannedLog {
  if (!file.subarray(0, logMagic.length).equals(logMagic)) return { outcome: 'damaged', frames: [], offset: 0 };
  const frames: Frame[] = [];
  let offset = logMagic.length;
  while (offset < file.length) {
    const frame = frameAt(file, offset);
    if (frame === null) break;
    const last = frames.at(-1);
    if (last !== undefined && !follows(last, frame)) return { outcome: 'damaged', frames, offset };
    if (last === undefined || frame.fence >= last.fence) frames.push(frame);
    offset += frameBytes(frame);
  }
  if (hasFrameAfter(file, offset, frames.at(-1)?.seq ?? 0)) return { outcome: 'damaged', frames, offset };
  // The header was durable before the file got its name.
  if (frames[0]?.kind !== 'header') return { outcome: 'damaged', frames, offset: logMagic.length };
  return { outcome: 'read', frames, goodBytes: offset };
}

/** A new owner counts on from what it read, and may not have seen the former owner's last words. */
function follows(last: Frame, frame: Frame): boolean {
  return frame.fence !== last.fence || frame.seq === last.seq + 1;
}

function frameBytes(frame: Frame): number {
  return prefixBytes + bodyHeadBytes + frame.payload.byteLength;
}

function frameAt(file: Buffer, offset: number): Frame | null {
  if (file.length - offset < prefixBytes + bodyHeadBytes) return null;
  const length = file.readUInt32BE(offset);
  if (length < bodyHeadBytes || length > file.length - offset - prefixBytes) return null;
  const body = file.subarray(offset + prefixBytes, offset + prefixBytes + length);
  const kind = kindOf(body.readUInt8(16));
  if (kind === null || crc32(body) !== file.readUInt32BE(offset + 4)) return null;
  return {
    fence: Number(body.readBigUInt64BE(0)),
    seq: Number(body.readBigUInt64BE(8)),
    kind,
    payload: body.subarray(bodyHeadBytes),
  };
}

/** A length that was spoilt hides all that follows it; so any whole frame behind a wrong one means damage, not a tear. */
function hasFrameAfter(file: Buffer, offset: number, lastSeq: number): boolean {
  for (let at = offset + 1; at <= file.length - prefixBytes - bodyHeadBytes; at += 1) {
    // The seq is looked at first: a sum over what only looks like a length would take hours in a big file.
    const seq = file.readUInt32BE(at + prefixBytes + 12);
    const isNear = file.readUInt32BE(at + prefixBytes + 8) === 0 && Math.abs(seq - lastSeq) < nearSeqs;
    if (isNear && frameAt(file, at) !== null) return true;
  }
  return false;
}

function kindOf(code: number): FrameKind | null {
  switch (code) {
    case frameKind.header:
      return 'header';
    case frameKind.base:
      return 'base';
    case frameKind.update:
      return 'update';
    case frameKind.markedUpdate:
      return 'markedUpdate';
    case frameKind.fact:
      return 'fact';
    case frameKind.opened:
      return 'opened';
    default:
      return null;
  }
}
