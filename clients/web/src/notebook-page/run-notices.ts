/** Toasts about runs and what the hub wants a person to read once. */
import type { Room } from '@cokernel/core';
import type { CellId, HubEvent } from '@cokernel/proto/hub';
import { toast, type Action } from 'sonner';
import { placeText } from '../notebook-widget/run-mark.js';
import { isSourceMismatch, type Enqueued } from '../notebook-widget/run-cells.js';
import { messageOf } from '../ui/message.js';

/** Tells whose run a cell waits for already (X12). */
export function tellEnqueued(room: Room, runs: readonly Enqueued[]): void {
  const you = room.state.you?.participantId;
  for (const { outcome, run, place } of runs) {
    if (outcome !== 'merged') continue;
    const who = run.author.participantId === you ? 'you' : run.author.name;
    const where = run.state === 'running' ? 'it runs now' : placeText(Math.max(1, place));
    toast.info(`This cell is already queued by ${who} (${where}).`);
  }
}

export function tellRefused(error: unknown): void {
  if (isSourceMismatch(error)) {
    toast.warning('Somebody changed the cell just as you pressed Run. Look at it and run it again.');
    return;
  }
  toast.error(messageOf(error));
}

/** Long enough to read several sentences, and to go to a cell. */
const NAMES_CELLS_MS = 30_000;

/** Shows the hub's notices; the same text once however often it comes in a row. `show` goes to a cell that one names. */
export function tellNotice(event: HubEvent, show: (cellId: CellId) => void): void {
  if (event.event === 'refused') toast.error(`Your last change was not accepted: ${event.reason}`);
  if (event.event !== 'notice') return;
  const tell = { info: toast.info, warning: toast.warning, error: toast.error }[event.level];
  const { cellIds = [] } = event;
  const ways = cellIds.length === 0 ? {} : { duration: NAMES_CELLS_MS, action: showEach(cellIds, show) };
  tell(event.message, { id: `${event.code}:${event.message}`, ...ways });
}

/** A button that goes to the cells in turn; the notice stays until the last one. */
function showEach(cellIds: readonly CellId[], show: (cellId: CellId) => void): Action {
  const left = [...cellIds];
  return {
    label: 'Show',
    onClick: (press) => {
      // Else the toasts, on losing the focus to the cell, give it back to what had it before.
      press.currentTarget.blur();
      const cellId = left.shift();
      if (cellId !== undefined) show(cellId);
      if (left.length > 0) press.preventDefault();
    },
  };
}
