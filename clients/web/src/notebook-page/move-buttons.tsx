/** Two small buttons that move a waiting run up and down; they keep the focus while the run moves. */
import type { Room, RoomState } from '@cokernel/core';
import { runMove } from '@cokernel/core';
import type { RunView } from '@cokernel/proto/hub';
import { ChevronDown, ChevronUp } from 'lucide-react';
import { useLayoutEffect, useRef, type ReactElement } from 'react';
import { askHub } from './ask-hub.js';

interface MoveButtonsProps {
  readonly room: Room;
  readonly state: RoomState;
  readonly run: RunView;
  readonly place: number;
}

const ways = [
  { direction: 'up', label: 'Run this earlier', Icon: ChevronUp },
  { direction: 'down', label: 'Run this later', Icon: ChevronDown },
] as const;

export function MoveButtons({ room, state, run, place }: MoveButtonsProps): ReactElement | null {
  const pressed = useRef<HTMLButtonElement | null>(null);
  // An element that gets another place in the page loses the focus.
  useLayoutEffect(() => {
    pressed.current?.focus();
    pressed.current = null;
  }, [place]);
  const moves = ways.map((way) => ({ ...way, move: runMove(state, run, way.direction) }));
  if (moves.every(({ move }) => move === null)) return null;
  return (
    <span className="ck-run-moves">
      {moves.map(({ direction, label, Icon, move }) => (
        <button
          key={direction}
          type="button"
          aria-label={label}
          title={label}
          aria-disabled={move === null}
          data-testid={`move-${direction}`}
          onClick={(event) => {
            if (move === null) return;
            pressed.current = event.currentTarget;
            askHub(room, 'moveRun', move);
          }}
        >
          <Icon aria-hidden />
        </button>
      ))}
    </span>
  );
}
