/**
 * What hub and keeper say to each other over the keeper's socket, in frames of frame-stream.ts. Both ends read and
 * write through this file alone. The keeper's first frame is `hello` with its version; the hub answers with the version
 * that it will speak, which is the keeper's own where it can (keeper-protocol-v1.ts has the former one).
 *
 * kind 0  JSON: hello, request, answer, event
 * kind 1  keeper to hub, a kernel's message: `[u8 length][kernel id][u64 LE seq][v1 WebSocket frame]`
 * kind 2  hub to keeper, a message to send: `[u32 LE request id][u64 LE fence][u8 length][kernel id][v1 frame]`
 */
import { KernelId } from '@cokernel/proto/hub';
import { z } from 'zod';
import { encodeFrame } from './frame-stream.js';

export const KEEPER_PROTOCOL_VERSION = 2;
/** Of one frame that a hub sends: more than any message that a person makes, and what a keeper can spare. */
export const MAX_TO_KEEPER_BYTES = 256 * 1024 * 1024;
export const FRAME_JSON = 0;
export const FRAME_KERNEL_MESSAGE = 1;
export const FRAME_SEND = 2;

const requestId = z.number().int().nonnegative();
const number = z.number().int().nonnegative();

/** How a kernel is started; of the templates only `{connection_file}` is left, which the keeper fills in. */
export const Launch = z.object({
  argv: z.array(z.string()).nonempty(),
  /** As the kernelspec has it: `${VAR}` is the keeper's to resolve, whose environment the kernel gets. */
  env: z.record(z.string(), z.string()),
  interruptMode: z.enum(['signal', 'message']),
});
export type Launch = z.infer<typeof Launch>;

export const KernelInfo = z.looseObject({
  protocol_version: z.string().catch('5.0'),
  implementation: z.string().catch(''),
  banner: z.string().catch(''),
  language_info: z.looseObject({ name: z.string().catch('') }).catch({ name: '' }),
  supported_features: z.array(z.string()).readonly().catch([]).exactOptional(),
});

export const HostedKernelView = z.object({
  kernelId: KernelId,
  specName: z.string(),
  state: z.enum(['starting', 'ready', 'restarting', 'dead']),
  labels: z.record(z.string(), z.string()),
  lastSeq: number,
  journalId: z.string(),
  knowsAllRequests: z.boolean(),
  origin: z.enum(['started', 'existing']),
  kernelInfo: KernelInfo.nullable(),
});

/** What tests and operators want to count; never needed to talk to a kernel. */
export const KeeperCounters = z.object({
  rssBytes: number,
  /** Frames of hubs that were not followed, by reason. */
  droppedFrames: z.record(z.string(), number),
  kernels: z.array(
    z.object({
      kernelId: KernelId,
      /** What kernels sent and was no valid message, by reason. */
      droppedMessages: z.record(z.string(), number),
      receivedMessages: number,
      journalBytes: number,
    }),
  ),
});
export type KeeperCounters = z.infer<typeof KeeperCounters>;

export const Hello = z.object({ type: z.literal('hello'), version: z.number() });

const command = { type: z.literal('request'), id: requestId, kernelId: KernelId, fence: number };

export const KeeperRequest = z.discriminatedUnion('request', [
  z.object({ type: z.literal('request'), id: requestId, request: z.literal('kernels') }),
  z.object({ type: z.literal('request'), id: requestId, request: z.literal('counters') }),
  z.object({
    ...command,
    request: z.literal('start'),
    specName: z.string(),
    cwd: z.string(),
    labels: z.record(z.string(), z.string()),
    launch: Launch,
  }),
  z.object({
    ...command,
    request: z.literal('adoptExisting'),
    connectionFile: z.string(),
    labels: z.record(z.string(), z.string()),
  }),
  z.object({ ...command, request: z.literal('attach'), fromSeq: number }),
  z.object({ type: z.literal('request'), id: requestId, request: z.literal('detach'), kernelId: KernelId }),
  z.object({ ...command, request: z.literal('interrupt'), msgId: z.string().exactOptional() }),
  z.object({ ...command, request: z.literal('restart') }),
  z.object({ ...command, request: z.literal('shutdown') }),
]);
export type KeeperRequest = z.infer<typeof KeeperRequest>;

/** A request without its envelope, as the hub's side asks it. */
type WithoutEnvelope<R> = R extends unknown ? Omit<R, 'type' | 'id'> : never;
export type KeeperQuestion = WithoutEnvelope<KeeperRequest>;

const Refusal = z.object({
  code: z.enum([
    'noSuchKernel',
    'noSuchKernelSpec',
    'kernelExists',
    'staleFence',
    'alreadySent',
    'launchFailed',
    'unreachable',
    'versionMismatch',
    'badRequest',
  ]),
  message: z.string(),
  highestFence: number.exactOptional(),
});
export type Refusal = z.infer<typeof Refusal>;

export const KeeperAnswer = z.discriminatedUnion('ok', [
  z.object({ type: z.literal('answer'), id: requestId, ok: z.literal(true), result: z.unknown() }),
  z.object({ type: z.literal('answer'), id: requestId, ok: z.literal(false), refusal: Refusal }),
]);
export type KeeperAnswer = z.infer<typeof KeeperAnswer>;

/** As `KernelHostEvent` has them; those with a seq stand in the journal, and so may a gap. */
const HostEvent = z.discriminatedUnion('type', [
  z.object({ type: z.literal('sent'), seq: number, msgId: z.string() }),
  z.object({ type: z.literal('gap'), fromSeq: number, toSeq: number, reason: z.string() }),
  z.object({ type: z.literal('ready'), seq: number, kernelInfo: KernelInfo }),
  z.object({ type: z.literal('restarting'), seq: number, reason: z.string() }),
  z.object({ type: z.literal('died'), seq: number, reason: z.string(), stderr: z.string() }),
  z.object({ type: z.literal('usage'), rssBytes: z.number(), cpuPercent: z.number() }),
  z.object({ type: z.literal('heartbeat'), beating: z.boolean(), sinceMs: z.number() }),
]);
export type HostEvent = z.infer<typeof HostEvent>;

const KernelEvent = z.object({ type: z.literal('event'), kernelId: KernelId, event: HostEvent });

/** What a hub hears from a keeper, and a keeper from a hub, in JSON. */
export const FromKeeper = z.union([Hello, KeeperAnswer, KernelEvent]);
export const FromHub = z.union([Hello, KeeperRequest]);

export function encodeJson(value: z.input<typeof FromKeeper> | z.input<typeof FromHub>): Buffer {
  return encodeFrame(FRAME_JSON, Buffer.from(JSON.stringify(value)));
}

/** The JSON value of a frame's payload; undefined when there is none. */
export function decodeJson(payload: Buffer): unknown {
  try {
    const value: unknown = JSON.parse(payload.toString());
    return value;
  } catch {
    return undefined;
  }
}

export function encodeKernelMessage(kernelId: KernelId, seq: number, v1Frame: Uint8Array): Buffer {
  const id = Buffer.from(kernelId);
  const head = Buffer.allocUnsafe(1 + id.length + 8);
  head.writeUInt8(id.length, 0);
  id.copy(head, 1);
  head.writeBigUInt64LE(BigInt(seq), 1 + id.length);
  return encodeFrame(FRAME_KERNEL_MESSAGE, head, v1Frame);
}

export interface KernelMessageFrame {
  readonly kernelId: string;
  readonly seq: number;
  readonly v1Frame: Buffer;
}

export function decodeKernelMessage(payload: Buffer): KernelMessageFrame | null {
  const idLength = payload[0] ?? 0;
  const start = 1 + idLength + 8;
  if (payload.length < start) return null;
  return {
    kernelId: payload.toString('utf8', 1, 1 + idLength),
    seq: Number(payload.readBigUInt64LE(1 + idLength)),
    v1Frame: payload.subarray(start),
  };
}

export function encodeSend(id: number, fence: number, kernelId: KernelId, v1Frame: Uint8Array): Buffer {
  const name = Buffer.from(kernelId);
  const head = Buffer.allocUnsafe(13 + name.length);
  head.writeUInt32LE(id, 0);
  head.writeBigUInt64LE(BigInt(fence), 4);
  head.writeUInt8(name.length, 12);
  name.copy(head, 13);
  return encodeFrame(FRAME_SEND, head, v1Frame);
}

export interface SendFrame {
  readonly id: number;
  readonly fence: number;
  readonly kernelId: string;
  readonly v1Frame: Buffer;
}

export function decodeSend(payload: Buffer): SendFrame | null {
  const idLength = payload[12] ?? 0;
  const start = 13 + idLength;
  if (payload.length < start) return null;
  const fence = Number(payload.readBigUInt64LE(4));
  // No hub could ever show a higher one: the kernel would be locked for good.
  if (!Number.isSafeInteger(fence)) return null;
  return {
    id: payload.readUInt32LE(0),
    fence,
    kernelId: payload.toString('utf8', 13, start),
    v1Frame: payload.subarray(start),
  };
}
