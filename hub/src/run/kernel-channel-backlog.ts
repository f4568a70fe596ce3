/**
 * What a kernel said lately, kept until every client of its channels has read it, within a bound. Where the bound cuts
 * something off, output goes first, and a mark says so in its place: a client that reads later is told of the hole, and
 * the replies and states that its requests wait for are still there.
 * Pure: messages in, frames out.
 */
import type { KernelMessage, MessageHeader } from '@cokernel/proto/jupyter';
import { decodeV1, encodeDefault, encodeV1 } from '@cokernel/proto/jupyter';
import type { BatchId } from '@cokernel/proto/hub';

export type ChannelProtocol = 'v1' | 'default';

interface Place {
  /** Only grows; not every number is used. */
  readonly position: number;
  readonly parent: MessageHeader | Record<string, never>;
  /** An earlier hub has sent it to its clients. */
  readonly wasPassedOn: boolean;
}

interface KeptMessage extends Place {
  readonly kind: 'message';
  /** Whom it is for; null: everybody. */
  readonly to: BatchId | null;
  readonly msgId: string;
  readonly isOutput: boolean;
  readonly frame: Uint8Array;
}

/** Stands where `count` messages stood; its position is that of the last of them. */
export interface Hole extends Place {
  readonly kind: 'hole';
  readonly to: BatchId | null;
  readonly count: number;
}

export type BacklogEntry = KeptMessage | Hole;

export interface ChannelBacklogOptions {
  /** Enough for the output of a client's short absence; less than a hub can afford a kernel (8 MiB). */
  readonly maxBytes: number;
}

/** What an entry costs beside its frame. */
const ENTRY_BYTES = 200;
/** When the bound is reached, room is made for many at once. */
const KEPT_SHARE = 0.75;

const outputTypes = new Set([
  'stream',
  'display_data',
  'update_display_data',
  'execute_result',
  'clear_output',
  'comm_msg',
  'debug_event',
]);

export class ChannelBacklog {
  private entries: BacklogEntry[] = [];
  private bytes = 0;
  private nextPosition = 0;
  /** The newest message as it came: all who are up to date want it now, in either protocol. */
  private newest: { readonly message: KernelMessage; defaultFrame: string | Uint8Array | null } | null = null;

  constructor(private readonly options: ChannelBacklogOptions) {}

  /** The position of what will be added next. */
  get end(): number {
    return this.nextPosition;
  }

  get size(): number {
    return this.bytes;
  }

  add(message: KernelMessage, to: BatchId | null, wasPassedOn = false): void {
    const { header, parent_header: parent } = message;
    const isOutput = message.channel === 'iopub' && outputTypes.has(header.msg_type);
    const frame = encodeV1(message);
    this.entries.push({
      kind: 'message',
      position: this.nextPosition,
      to,
      parent,
      wasPassedOn,
      msgId: header.msg_id,
      isOutput,
      frame,
    });
    this.newest = { message, defaultFrame: null };
    this.nextPosition += 1;
    this.bytes += frame.length + ENTRY_BYTES;
    if (this.bytes > this.options.maxBytes) this.shrink();
  }

  /**
   * The first entry at or behind `position` that is for this client, `asNews` without what an earlier hub has passed on; null
   * when there is none yet.
   */
  next(position: number, client: BatchId, asNews = false): BacklogEntry | null {
    for (let index = this.indexOf(position); index < this.entries.length; index += 1) {
      const entry = this.entries[index];
      if (entry === undefined || (asNews && entry.wasPassedOn)) continue;
      if (entry.to === null || entry.to === client) return entry;
    }
    return null;
  }

  frameOf(entry: KeptMessage, protocol: ChannelProtocol): string | Uint8Array {
    if (protocol === 'v1') return entry.frame;
    if (this.newest !== null && entry.position === this.nextPosition - 1) {
      return (this.newest.defaultFrame ??= encodeDefault(this.newest.message));
    }
    const decoded = decodeV1(entry.frame);
    if (!decoded.ok) throw new Error(`a frame of our own can't be read: ${decoded.reason}`);
    return encodeDefault(decoded.message);
  }

  /** Right behind the message of this id; null when it is not kept. */
  positionBehind(msgId: string): number | null {
    const found = this.entries.findLast((entry) => entry.kind === 'message' && entry.msgId === msgId);
    return found === undefined ? null : found.position + 1;
  }

  /** Lets go of what everybody has read. */
  forgetBefore(position: number): void {
    const gone = this.entries.splice(0, this.indexOf(position));
    for (const entry of gone) this.bytes -= costOf(entry);
    if (this.entries.length === 0) this.newest = null;
  }

  private shrink(): void {
    const target = this.options.maxBytes * KEPT_SHARE;
    this.cut(target, (entry) => entry.isOutput, isSameAnswer);
    if (this.bytes > target) {
      this.cut(
        target,
        () => true,
        () => true,
      );
    }
  }

  /** Turns the oldest that may go into holes until the rest fits; neighbouring holes become one where they may. */
  private cut(
    target: number,
    mayGo: (entry: KeptMessage) => boolean,
    mayJoin: (one: Hole, other: Hole) => boolean,
  ): void {
    let excess = this.bytes - target;
    const kept: BacklogEntry[] = [];
    for (const entry of this.entries) {
      const goes = excess > 0 && entry.kind === 'message' && mayGo(entry);
      if (goes) excess -= entry.frame.length;
      const next = goes ? holeOf(entry) : entry;
      const before = kept.at(-1);
      const joins = before?.kind === 'hole' && next.kind === 'hole' && mayJoin(before, next);
      if (joins) kept[kept.length - 1] = join(before, next);
      else kept.push(next);
    }
    this.entries = kept;
    this.bytes = kept.reduce((sum, entry) => sum + costOf(entry), 0);
  }

  /** Of the first entry at or behind `position`. */
  private indexOf(position: number): number {
    let low = 0;
    let high = this.entries.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.entries[middle]?.position ?? Infinity) < position) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

function costOf(entry: BacklogEntry): number {
  return entry.kind === 'message' ? entry.frame.length + ENTRY_BYTES : ENTRY_BYTES;
}

function holeOf({ position, parent, to, wasPassedOn }: KeptMessage): Hole {
  return { kind: 'hole', position, parent, to, wasPassedOn, count: 1 };
}

function isSameAnswer(one: Hole, other: Hole): boolean {
  const isSame = one.to === other.to && one.wasPassedOn === other.wasPassedOn;
  return isSame && one.parent['msg_id'] === other.parent['msg_id'];
}

function join(one: Hole, other: Hole): Hole {
  const to = one.to === other.to ? one.to : null;
  return { ...other, to, wasPassedOn: one.wasPassedOn && other.wasPassedOn, count: one.count + other.count };
}
