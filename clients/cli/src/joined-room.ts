/** Waiting for a room: until one is in it, and until something holds in it. */
import type { Room } from '@cokernel/core';
import { CliError, exitCodes } from './cli-error.js';
import { safeLine } from './text/terminal-text.js';

/** Rejects when the room can't be joined. */
export async function joined(room: Room): Promise<void> {
  const isIn = () => room.state.connection === 'connected' && room.state.synced;
  const stopTelling = tellTrouble(room);
  await when(room, () => isIn() || room.state.failure !== null);
  stopTelling();
  if (room.state.failure !== null) throw new CliError(exitCodes.hub, room.state.failure);
}

/** What keeps a script waiting is said, each thing once; answers what ends it. */
function tellTrouble(room: Room): () => void {
  let said: string | null = null;
  return room.subscribe(() => {
    const { trouble } = room.state;
    if (trouble !== null && trouble !== said) process.stderr.write(`${safeLine(trouble)}; trying again\n`);
    said = trouble;
  });
}

export function when(room: Room, condition: () => boolean): Promise<void> {
  return new Promise((resolve) => {
    const look = () => {
      if (!condition()) return;
      unsubscribe();
      resolve();
    };
    const unsubscribe = room.subscribe(look);
    queueMicrotask(look);
  });
}
