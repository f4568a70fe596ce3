/**
 * Frames on the keeper's socket: `[u32 LE length][u8 kind][payload]`, where length counts kind and payload. The
 * reader is fed bytes as they come, in pieces of any size, and gives whole frames in order.
 * Pure: bytes in, frames out.
 */
export interface Frame {
  readonly kind: number;
  /** A view into the bytes that were fed. */
  readonly payload: Buffer;
}

/** Far above any real message; a longer one means that the stream is not ours. */
const MAX_FRAME_BYTES = 1024 * 1024 * 1024;
const LENGTH_BYTES = 4;

export function encodeFrame(kind: number, ...pieces: readonly Uint8Array[]): Buffer {
  const length = pieces.reduce((total, piece) => total + piece.length, 1);
  const frame = Buffer.allocUnsafe(LENGTH_BYTES + length);
  frame.writeUInt32LE(length, 0);
  frame.writeUInt8(kind, LENGTH_BYTES);
  let offset = LENGTH_BYTES + 1;
  for (const piece of pieces) {
    frame.set(piece, offset);
    offset += piece.length;
  }
  return frame;
}

export class FrameReader {
  #chunks: Buffer[] = [];
  #size = 0;
  /** No frame is whole before so many bytes are here: keeps a large frame from being joined again and again. */
  #needed = LENGTH_BYTES + 1;

  /** `maxBytes` of one frame: the reader never holds more, whatever length the other end claims. */
  constructor(private readonly maxBytes: number = MAX_FRAME_BYTES) {}

  /** What follows is not a stream of frames: it must be closed. */
  get isBroken(): boolean {
    return this.#needed <= LENGTH_BYTES || this.#needed > this.maxBytes;
  }

  /** A frame has begun and is not whole. */
  get isInFrame(): boolean {
    return this.#size > 0;
  }

  /** The frames that these bytes complete, before anything that breaks the stream. */
  feed(chunk: Buffer): readonly Frame[] {
    this.#chunks.push(chunk);
    this.#size += chunk.length;
    if (this.#size < this.#needed) return [];
    let rest = this.#chunks.length === 1 ? chunk : Buffer.concat(this.#chunks);
    const frames: Frame[] = [];
    this.#needed = neededBytes(rest);
    while (rest.length >= this.#needed && !this.isBroken) {
      const end = this.#needed;
      frames.push({ kind: rest.readUInt8(LENGTH_BYTES), payload: rest.subarray(LENGTH_BYTES + 1, end) });
      rest = rest.subarray(end);
      this.#needed = neededBytes(rest);
    }
    this.#chunks = [rest];
    this.#size = rest.length;
    return frames;
  }
}

/** How long `bytes` must be to hold the first frame; `LENGTH_BYTES + 1` while not even the length is there. */
function neededBytes(bytes: Buffer): number {
  return bytes.length < LENGTH_BYTES ? LENGTH_BYTES + 1 : LENGTH_BYTES + bytes.readUInt32LE(0);
}
