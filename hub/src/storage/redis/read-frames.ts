/** Reads a log's list of frames in pieces, so that neither Redis nor the hub is held up by a long one. */
import type { RedisConnection } from './redis-connection.js';

const FRAMES_A_PIECE = 2_000;

export async function readFrames(connection: RedisConnection, list: string): Promise<readonly Buffer[]> {
  const frames: Buffer[] = [];
  for (;;) {
    const piece = await connection.listed(list, frames.length, frames.length + FRAMES_A_PIECE - 1);
    frames.push(...piece);
    if (piece.length < FRAMES_A_PIECE) return frames;
  }
}
