/**
 * What a room knows of one socket. The gateway implements `RoomSocket`; the room keeps the rest. `phase` follows the
 * rule of epochs (design §4): nothing is applied before the client's step1 was checked.
 */
import type { ParticipantId, Role } from '@cokernel/proto/hub';

/** The tiny side of a socket that a room sees. */
export interface RoomSocket {
  readonly id: string;
  readonly role: Role;
  /** Queues one frame; never blocks. */
  send(frame: Uint8Array): void;
  close(code: number, reason: string): void;
}

export type ClientPhase =
  /** Its step1 has not come. */
  | 'new'
  /** Of this history: its updates are applied. */
  | 'synced'
  /** Of another history: its whole state is waited for, to be kept apart. */
  | 'foreign';

export class RoomClient {
  phase: ClientPhase = 'new';
  /** Set by hello; before it no hub frame is sent to this socket. */
  participantId: ParticipantId | null = null;
  private events = 0;

  constructor(readonly socket: RoomSocket) {}

  /** The number of the next event on this socket. */
  nextSeq(): number {
    this.events += 1;
    return this.events;
  }
}
