/** The open WebSockets that are served here, by the door through which they came in. */
import type { DoorSocket } from './door-socket.js';

export type Door = 'room' | 'kernel';

export interface DoorFigures {
  readonly door: Door;
  readonly clients: number;
  /** What was given to the sockets and is not written yet. */
  readonly outboxBytes: number;
}

export class Connections {
  private readonly sockets: Readonly<Record<Door, Set<DoorSocket>>> = { room: new Set(), kernel: new Set() };

  /** Counts a socket until it closes. */
  add(door: Door, socket: DoorSocket): void {
    this.sockets[door].add(socket);
    socket.onClose(() => this.sockets[door].delete(socket));
  }

  figures(): readonly DoorFigures[] {
    return (['room', 'kernel'] as const).map((door) => {
      const sockets = [...this.sockets[door]];
      const outboxBytes = sockets.reduce((sum, { bufferedAmount }) => sum + bufferedAmount, 0);
      return { door, clients: sockets.length, outboxBytes };
    });
  }
}
