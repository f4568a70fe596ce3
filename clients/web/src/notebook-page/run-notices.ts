/** Toasts about runs and what the hub wants a person to read once. */
import type { Room } from '@cokernel/core';
import type { HubEvent } from '@cokernel/proto/hub';
import { toast } from 'sonner';
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

/** Shows the hub's notices; the same text once however often it comes in a row. */
export function tellNotice(event: HubEvent): void {
  if (event.event === 'refused') toast.error(`Your last change was not accepted: ${event.reason}`);
  if (event.event !== 'notice') return;
  const show = { info: toast.info, warning: toast.warning, error: toast.error }[event.level];
  show(event.message, { id: `${event.code}:${event.message}` });
}
