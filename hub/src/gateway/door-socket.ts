/**
 * What a door needs of a WebSocket: one that `ws` accepted here (ws-door-socket.ts), or that of a client whom another hub
 * relays. What comes before somebody listens is kept for the first who does.
 */
export interface DoorSocket {
  /** The subprotocol that was agreed on; empty when none was. */
  readonly protocol: string;
  readonly isOpen: boolean;
  /** Bytes that were given to it and are not written yet. */
  readonly bufferedAmount: number;
  /** `written` is called when the frame has left, or never will. */
  send(frame: Uint8Array | string, written?: () => void): void;
  ping(text?: string): void;
  /** The reason may be of any length; what does not fit is cut off. */
  close(code: number, reason: string): void;
  onMessage(listener: (data: Uint8Array, isBinary: boolean) => void): void;
  onPong(listener: (text: string) => void): void;
  /** Called at once when it has closed already. */
  onClose(listener: (code: number) => void): void;
}
