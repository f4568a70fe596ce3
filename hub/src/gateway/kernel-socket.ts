/**
 * The kernel channels' WebSocket, `/api/kernels/<id>/channels`: one socket becomes one connection of a kernel's channels, in
 * the v1 or the default protocol (wire.md §1). A frame that is not a message is dropped, counted and logged; the socket
 * stays.
 */
import type { DecodedMessage, KernelMessage } from '@cokernel/proto/jupyter';
import { KERNEL_WEBSOCKET_V1, decodeDefault, decodeV1 } from '@cokernel/proto/jupyter';
import { closeCodes } from '@cokernel/proto/hub';
import type { ChannelHello, KernelChannel } from '../run/kernel-channel.js';
import type { ChannelSocket } from '../run/kernel-channel-client.js';
import type { ClientDoors } from '../run/kernel-channel-inbox.js';
import type { SessionLog } from '../run/kernel-session-options.js';
import type { DoorSocket } from './door-socket.js';

export interface KernelSocketOptions {
  readonly socket: DoorSocket;
  readonly channel: KernelChannel;
  readonly hello: ChannelHello;
  readonly doors: ClientDoors;
  readonly log: SessionLog;
}

/** What may wait to be written; more waits in the kernel's backlog, once for all. */
const ROOM_BYTES = 1024 * 1024;
/** A peer that says nothing for so long, though it is pinged, is gone. */
const SILENCE_MS = 90_000;
const PING_MS = 30_000;
/** A close without a goodbye (RFC 6455 §7.1.5). */
const BROKEN = 1006;

export function joinKernel({ socket, channel, hello, doors, log }: KernelSocketOptions): void {
  const protocol = socket.protocol === KERNEL_WEBSOCKET_V1 ? 'v1' : 'default';
  const side: ChannelSocket = {
    protocol,
    get hasRoom() {
      return socket.isOpen && socket.bufferedAmount < ROOM_BYTES;
    },
    send: (frame) => socket.send(frame, () => connection.drained()),
    ping: (text) => socket.ping(text),
    close: (code, reason) => socket.close(code, reason),
  };
  const drops = new DropCount(log);
  const connection = channel.connect(side, hello, doors);
  socket.onMessage((data, isBinary) => {
    const read = readFrame(protocol, data, isBinary);
    const reason = read.ok ? connection.received(read.message) : read.reason;
    if (reason !== null) drops.add(reason);
  });
  socket.onPong((text) => connection.ponged(text));
  const stopListening = keepAlive(socket);
  socket.onClose((code) => {
    stopListening();
    connection.closed(code !== BROKEN);
  });
}

type Read = { readonly ok: true; readonly message: KernelMessage } | (DecodedMessage & { readonly ok: false });

function readFrame(protocol: 'v1' | 'default', bytes: Uint8Array, isBinary: boolean): Read {
  if (protocol === 'v1' && isBinary) return decodeV1(bytes);
  // A text frame is of the default protocol, whatever was agreed on.
  return decodeDefault(isBinary ? bytes : Buffer.from(bytes).toString('utf8'));
}

/** Pings while nothing is said, and closes a socket whose peer is gone. */
function keepAlive(socket: DoorSocket): () => void {
  let heardAt = performance.now();
  const heard = (): void => {
    heardAt = performance.now();
  };
  socket.onMessage(heard);
  socket.onPong(heard);
  const timer = setInterval(() => {
    if (performance.now() - heardAt < SILENCE_MS) return socket.ping();
    socket.close(closeCodes.tooSlow, 'this client has not answered for too long; come back for the difference');
  }, PING_MS);
  return () => clearInterval(timer);
}

/** Counts what one socket sent in vain; a flood of it does not flood the log. */
class DropCount {
  private readonly counts = new Map<string, number>();

  constructor(private readonly log: SessionLog) {}

  add(reason: string): void {
    const count = (this.counts.get(reason) ?? 0) + 1;
    this.counts.set(reason, count);
    if (Number.isInteger(Math.log10(count))) {
      this.log.warn({ reason, count }, 'a frame on a kernel socket was dropped');
    }
  }
}
