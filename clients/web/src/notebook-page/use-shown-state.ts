/** The state of the room as it is shown: a break that is over at once is nobody's concern. */
import type { RoomState } from '@cokernel/core';
import { useEffect, useState } from 'react';

/** Longer than one hub takes to hand its rooms over to another, or to start anew. */
const BRIEF_MS = 1_500;

export function useShownState(state: RoomState): RoomState {
  const isAway = state.connection === 'disconnected';
  const [lasts, setLasts] = useState(false);
  useEffect(() => {
    if (!isAway) return undefined;
    const timer = setTimeout(() => setLasts(true), BRIEF_MS);
    return () => {
      clearTimeout(timer);
      setLasts(false);
    };
  }, [isAway]);
  return isAway && !lasts ? { ...state, connection: 'connected', trouble: null } : state;
}
