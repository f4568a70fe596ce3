/**
 * Frames between two hubs of one folder: a hub that relays passes its clients' WebSockets over one link to the hub that
 * leads. A message of the link is one or more frames, one behind the other: `[u8 kind]`, then numbers as lib0 varUints,
 * and texts and bytes with their length before them. A client is known on the link by a number that is used once.
 * Pure: frames in, bytes out, and back.
 */
import * as decoding from 'lib0/decoding';
import * as encoding from 'lib0/encoding';
import { Role } from '@cokernel/proto/hub';

/** The link's subprotocol: hubs of versions that don't understand each other find out before anything else. */
export const LINK_PROTOCOL = 'cokernel.link.v1';

/** Bytes that have left the relaying hub for a client, so that the leading hub sees how fast that client reads. */
export interface Credit {
  readonly id: number;
  readonly bytes: number;
}

/** What the relaying hub says. */
type FrameToLeader =
  | { readonly kind: 'open'; readonly id: number; readonly url: string; readonly role: Role; readonly protocol: string }
  | { readonly kind: 'message'; readonly id: number; readonly isBinary: boolean; readonly data: Uint8Array }
  /** The client's socket has closed; nothing follows for it. */
  | { readonly kind: 'closed'; readonly id: number; readonly code: number }
  | { readonly kind: 'pong'; readonly id: number; readonly text: string }
  | { readonly kind: 'written'; readonly credits: readonly Credit[] };

/** What the leading hub says. */
type FrameToRelay =
  /** One frame for many clients crosses the link once. */
  | { readonly kind: 'send'; readonly ids: readonly number[]; readonly isBinary: boolean; readonly data: Uint8Array }
  | { readonly kind: 'close'; readonly id: number; readonly code: number; readonly reason: string }
  | { readonly kind: 'ping'; readonly id: number; readonly text: string }
  /** The leading hub stops: the folder's lease is free. */
  | { readonly kind: 'handedOver' };

export type LinkFrame = FrameToLeader | FrameToRelay;

/** Frames, and where they end: why what follows them is none. */
export interface DecodedFrames {
  readonly frames: readonly LinkFrame[];
  /** Null: all of it could be read. */
  readonly bad: string | null;
}

/** Each by its place: new kinds are added at the end. */
const KINDS = ['open', 'message', 'closed', 'pong', 'written', 'send', 'close', 'ping', 'handedOver'] as const;

/** What a frame counts on the way to a client: an empty one counts too. */
export function costOf(byteLength: number): number {
  return byteLength + 1;
}

export function encodeFrames(frames: readonly LinkFrame[]): Uint8Array {
  return encoding.encode((encoder) => {
    for (const frame of frames) writeFrame(encoder, frame);
  });
}

/** Never throws. */
export function decodeFrames(bytes: Uint8Array): DecodedFrames {
  const decoder = decoding.createDecoder(bytes);
  const frames: LinkFrame[] = [];
  try {
    while (decoding.hasContent(decoder)) frames.push(readFrame(decoder));
    return { frames, bad: null };
  } catch (error) {
    return { frames, bad: error instanceof Error ? error.message : String(error) };
  }
}

function writeFrame(encoder: encoding.Encoder, frame: LinkFrame): void {
  encoding.writeUint8(encoder, KINDS.indexOf(frame.kind));
  switch (frame.kind) {
    case 'open':
      encoding.writeVarUint(encoder, frame.id);
      encoding.writeVarString(encoder, frame.url);
      encoding.writeVarString(encoder, frame.role);
      return encoding.writeVarString(encoder, frame.protocol);
    case 'message':
      encoding.writeVarUint(encoder, frame.id);
      return writeData(encoder, frame);
    case 'closed':
      encoding.writeVarUint(encoder, frame.id);
      return encoding.writeVarUint(encoder, frame.code);
    case 'written':
      return writeCredits(encoder, frame.credits);
    case 'send':
      encoding.writeVarUint(encoder, frame.ids.length);
      for (const id of frame.ids) encoding.writeVarUint(encoder, id);
      return writeData(encoder, frame);
    case 'close':
      encoding.writeVarUint(encoder, frame.id);
      encoding.writeVarUint(encoder, frame.code);
      return encoding.writeVarString(encoder, frame.reason);
    case 'ping':
    case 'pong':
      encoding.writeVarUint(encoder, frame.id);
      return encoding.writeVarString(encoder, frame.text);
    case 'handedOver':
      return;
  }
}

function writeData(encoder: encoding.Encoder, { isBinary, data }: { isBinary: boolean; data: Uint8Array }): void {
  encoding.writeUint8(encoder, isBinary ? 1 : 0);
  encoding.writeVarUint8Array(encoder, data);
}

function writeCredits(encoder: encoding.Encoder, credits: readonly Credit[]): void {
  encoding.writeVarUint(encoder, credits.length);
  for (const { id, bytes } of credits) {
    encoding.writeVarUint(encoder, id);
    encoding.writeVarUint(encoder, bytes);
  }
}

/** Throws on what is no frame. */
function readFrame(decoder: decoding.Decoder): LinkFrame {
  const number = decoding.readUint8(decoder);
  const kind = KINDS[number];
  if (kind === undefined) throw new Error(`there is no frame of kind ${number}`);
  switch (kind) {
    case 'open':
      return {
        kind,
        id: readNumber(decoder),
        url: readText(decoder),
        role: readRole(decoder),
        protocol: readText(decoder),
      };
    case 'message':
      return { kind, id: readNumber(decoder), ...readData(decoder) };
    case 'closed':
      return { kind, id: readNumber(decoder), code: readNumber(decoder) };
    case 'written':
      return { kind, credits: readMany(decoder, () => ({ id: readNumber(decoder), bytes: readNumber(decoder) })) };
    case 'send':
      return { kind, ids: readMany(decoder, () => readNumber(decoder)), ...readData(decoder) };
    case 'close':
      return { kind, id: readNumber(decoder), code: readNumber(decoder), reason: readText(decoder) };
    case 'ping':
    case 'pong':
      return { kind, id: readNumber(decoder), text: readText(decoder) };
    case 'handedOver':
      return { kind };
  }
}

function readNumber(decoder: decoding.Decoder): number {
  return decoding.readVarUint(decoder);
}

/** No list is longer than the bytes that are there. */
function readMany<T>(decoder: decoding.Decoder, readOne: () => T): readonly T[] {
  const length = withinRest(decoder, readNumber(decoder));
  return Array.from({ length }, readOne);
}

function readData(decoder: decoding.Decoder): { isBinary: boolean; data: Uint8Array } {
  return { isBinary: decoding.readUint8(decoder) === 1, data: readBytes(decoder) };
}

function readRole(decoder: decoding.Decoder): Role {
  const text = readText(decoder);
  const role = Role.safeParse(text);
  if (!role.success) throw new Error(`there is no role '${text.slice(0, 20)}'`);
  return role.data;
}

function readText(decoder: decoding.Decoder): string {
  return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(readBytes(decoder));
}

/** A view, no copy. lib0 checks against the buffer that others may lie in, this against the message. */
function readBytes(decoder: decoding.Decoder): Uint8Array {
  return decoding.readUint8Array(decoder, withinRest(decoder, readNumber(decoder)));
}

function withinRest(decoder: decoding.Decoder, length: number): number {
  const rest = decoder.arr.length - decoder.pos;
  if (length > rest) throw new Error(`a length of ${length} where ${rest} bytes are left`);
  return length;
}
