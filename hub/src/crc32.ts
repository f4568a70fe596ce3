/**
 * CRC-32 (IEEE 802.3), as in zlib, over pieces that need not be joined first. Node has it built in from 20.15 on,
 * eight times as fast as ours.
 * Pure.
 */
import * as zlib from 'node:zlib';

const table = Uint32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte;
  for (let bit = 0; bit < 8; bit += 1) crc = (crc & 1) === 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
  return crc;
});

/** `before`: the CRC of what stands before these bytes. */
function ours(bytes: Uint8Array, before: number): number {
  let crc = ~before;
  for (const byte of bytes) crc = (crc >>> 8) ^ (table[(crc ^ byte) & 0xff] ?? 0);
  return ~crc >>> 0;
}

const ofBytes = 'crc32' in zlib ? zlib.crc32 : ours;

export function crc32(...pieces: readonly Uint8Array[]): number {
  return pieces.reduce((crc, piece) => ofBytes(piece, crc), 0);
}
