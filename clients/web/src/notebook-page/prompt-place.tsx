/** Puts the question under the cell that asks it, or at the bottom of the page when that cell is not there. */
import type { Room, RoomState } from '@cokernel/core';
import { useEffect, useState, type ReactElement } from 'react';
import { createPortal } from 'react-dom';
import { PromptForm } from './prompt-form.js';

interface PromptPlaceProps {
  readonly room: Room;
  readonly state: RoomState;
  /** The node of a cell; null while it is not in the page. */
  readonly cellNode: (cellId: string) => HTMLElement | null;
}

/** An element of ours at the end of the cell's node, there as long as the question waits. */
function usePlaceIn(cell: HTMLElement | null, bringIntoView: boolean): HTMLElement | null {
  const [place, setPlace] = useState<HTMLElement | null>(null);
  useEffect(() => {
    if (cell === null) return undefined;
    const element = document.createElement('div');
    element.className = 'ck-prompt-place';
    cell.append(element);
    setPlace(element);
    return () => {
      setPlace(null);
      element.remove();
    };
  }, [cell]);
  useEffect(() => {
    if (bringIntoView) place?.scrollIntoView({ block: 'nearest' });
  }, [place, bringIntoView]);
  return place;
}

export function PromptPlace({ room, state, cellNode }: PromptPlaceProps): ReactElement | null {
  const { prompt } = state;
  const cellId = prompt?.cellId ?? null;
  const cell = cellId === null ? null : cellNode(cellId);
  const place = usePlaceIn(cell, prompt?.asked.participantId === state.you?.participantId);
  if (prompt === null) return null;
  const form = <PromptForm key={prompt.promptId} room={room} state={state} prompt={prompt} />;
  if (cell === null) return <div className="ck-prompt-dock">{form}</div>;
  return place === null ? null : createPortal(form, place);
}
