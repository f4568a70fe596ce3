/**
 * One client of a kernel's channels, known by its session id: where it is in what the kernel said, and its socket while
 * it has one. It is sent what its socket has room for and no more; the rest waits in the backlog.
 *
 * What was sent counts as read when a ping that was sent after it was answered. A client that says goodbye has read what
 * was sent. One whose connection breaks gets again what no answered ping covers: nothing is missing, and at most the
 * last round trip comes twice; a client that names the last message it has got (`last_msg_id`) gets nothing twice.
 *
 * One that comes back to another hub waits until that has heard what the kernel said before, and gets what the earlier hub
 * has not passed on; with its last message, what follows that.
 */
import type { KernelMessage } from '@cokernel/proto/jupyter';
import { encodeDefault, encodeV1 } from '@cokernel/proto/jupyter';
import type { BatchId } from '@cokernel/proto/hub';
import { closeCodes } from '@cokernel/proto/hub';
import type { BacklogEntry, ChannelBacklog, ChannelProtocol, Hole } from './kernel-channel-backlog.js';

/** The tiny side of a WebSocket that a channel sees. */
export interface ChannelSocket {
  readonly protocol: ChannelProtocol;
  /** False while enough waits to be written; `drained` follows. */
  readonly hasRoom: boolean;
  send(frame: string | Uint8Array): void;
  /** The text comes back with the answer. */
  ping(text: string): void;
  close(code: number, reason: string): void;
}

export interface ChannelClientOptions {
  readonly key: BatchId;
  readonly backlog: ChannelBacklog;
  /** False while what the kernel said before this hub had it is still being told: `pump` follows. */
  readonly mayGoOn: () => boolean;
  /** Says in a message that some are missing. */
  readonly tellHole: (hole: Hole) => KernelMessage;
  /** Between two pings while there is something to confirm: short, as it bounds what may come twice (50). */
  readonly pingEveryMs: number;
  /** Monotonic milliseconds. */
  readonly now: () => number;
}

export class ChannelClient {
  private socket: ChannelSocket | null = null;
  private next: number;
  /** Of the socket, before its place is known. */
  private lastMsgId: string | null = null;
  private isPlaced = true;
  /** Nothing that an earlier hub has passed on is sent. */
  private asNews = true;
  private lastSent = -1;
  private confirmed: number;
  private lastPing = -Infinity;
  private pingTimer: NodeJS.Timeout | null = null;

  constructor(private readonly options: ChannelClientOptions) {
    this.next = options.backlog.end;
    this.confirmed = this.next;
  }

  get key(): BatchId {
    return this.options.key;
  }

  get isHere(): boolean {
    return this.socket !== null;
  }

  /** What lies before it is not needed for this client any more. */
  get readUpTo(): number {
    return this.lastSent < this.confirmed ? this.next : this.confirmed;
  }

  /** The newer socket of a session wins. Sends at once what was missed. */
  attach(socket: ChannelSocket, lastMsgId: string | null): void {
    const older = this.socket;
    if (older !== null) {
      this.broke();
      older.close(closeCodes.replaced, 'this session has connected again');
    }
    this.socket = socket;
    this.lastMsgId = lastMsgId;
    this.isPlaced = false;
    this.pump();
  }

  /** Its socket closed; answers false when that was an older one. */
  detach(socket: ChannelSocket, saidGoodbye: boolean): boolean {
    if (this.socket !== socket) return false;
    if (saidGoodbye) this.left();
    else this.broke();
    return true;
  }

  /** Ends its socket for good. */
  close(code: number, reason: string): void {
    const { socket } = this;
    this.left();
    socket?.close(code, reason);
  }

  /** Sends what the socket has room for. */
  pump(): void {
    const { backlog, key } = this.options;
    if (!this.isPlaced) this.place();
    if (!this.isPlaced) return;
    while (this.socket?.hasRoom === true) {
      const entry = backlog.next(this.next, key, this.asNews);
      if (entry === null) {
        this.next = backlog.end;
        break;
      }
      this.socket.send(this.frameOf(entry, this.socket.protocol));
      this.next = entry.position + 1;
      this.lastSent = entry.position;
    }
    this.confirm();
  }

  /** The answer to a ping; `text` is from outside. */
  ponged(text: string): void {
    const position = Number(text);
    if (text !== '' && position <= this.next) this.confirmed = Math.max(this.confirmed, position);
  }

  /** Where a socket that is new goes on. */
  private place(): void {
    if (!this.options.mayGoOn()) return;
    const named = this.lastMsgId === null ? null : this.options.backlog.positionBehind(this.lastMsgId);
    if (named !== null) this.confirmed = this.next = named;
    this.asNews = named === null;
    this.isPlaced = true;
  }

  /** One ping covers all that was sent before it. */
  private confirm(): void {
    if (this.socket === null || this.lastSent < this.confirmed || this.pingTimer !== null) return;
    const wait = this.lastPing + this.options.pingEveryMs - this.options.now();
    if (wait <= 0) return this.ping();
    this.pingTimer = setTimeout(() => {
      this.pingTimer = null;
      this.ping();
    }, wait);
  }

  private ping(): void {
    this.lastPing = this.options.now();
    this.socket?.ping(String(this.next));
  }

  private left(): void {
    this.gone();
    this.confirmed = this.next;
  }

  private broke(): void {
    this.gone();
    this.next = this.readUpTo;
    this.confirmed = this.next;
  }

  private gone(): void {
    this.socket = null;
    if (this.pingTimer !== null) clearTimeout(this.pingTimer);
    this.pingTimer = null;
  }

  private frameOf(entry: BacklogEntry, protocol: ChannelProtocol): string | Uint8Array {
    if (entry.kind === 'message') return this.options.backlog.frameOf(entry, protocol);
    const message = this.options.tellHole(entry);
    return protocol === 'v1' ? encodeV1(message) : encodeDefault(message);
  }
}
