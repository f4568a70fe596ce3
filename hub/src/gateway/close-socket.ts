/**
 * Closes a WebSocket with a reason that fits: a close frame has room for 123 bytes, and `ws` throws on more. Reasons
 * carry paths and parser messages, so their length in bytes is anybody's guess.
 */
import type { WebSocket } from 'ws';

const MAX_REASON_BYTES = 123;

export function closeSocket(socket: WebSocket, code: number, reason: string): void {
  socket.close(code, fitting(reason));
}

/** The longest beginning that fits, whole characters only. */
function fitting(reason: string): string {
  const room = new Uint8Array(MAX_REASON_BYTES);
  const { read } = new TextEncoder().encodeInto(reason, room);
  return reason.slice(0, read);
}
