/** Pure: what a person at the terminal is told about a room: its header, and a line for each thing that changed. */
import type { RoomState } from '@cokernel/core';
import { otherNotebookOf, queueRulesText } from '@cokernel/core';
import type { HubEvent, ParticipantView, PromptView, QueueView, RunView } from '@cokernel/proto/hub';
import type { Paint } from '../text/terminal-text.js';
import { safeLine, safeText } from '../text/terminal-text.js';
import { kernelLines, kernelText } from './kernel-lines.js';

export function headerLines(state: RoomState, paint: Paint): string {
  const parts = [paint.bold(safeLine(state.path)), kernelText(state), peopleText(state, paint), queueText(state)];
  return `${parts.join(' · ')}\n${paint.dim('/help lists the commands, Ctrl-D leaves')}`;
}

/** `Ann (you), Bo`; those whose programs have all left are not here. */
function peopleText(state: RoomState, paint: Paint): string {
  const here = state.participants.filter((person) => person.clients.length > 0);
  return here.map((person) => `${personName(person, paint)}${personNote(state, person)}`).join(', ');
}

/** One line a person: what /people shows. */
export function peopleLines(state: RoomState, paint: Paint): string {
  const here = state.participants.filter((person) => person.clients.length > 0);
  const line = (person: ParticipantView) =>
    `${personName(person, paint)}${personNote(state, person)}  ${paint.dim(`${person.role}, ${person.clients.join(' and ')}`)}`;
  return here.map(line).join('\n');
}

function personName(person: ParticipantView, paint: Paint): string {
  return paint.inColor(person.color, safeLine(person.name));
}

function personNote(state: RoomState, person: ParticipantView): string {
  return person.participantId === state.you?.participantId ? ' (you)' : '';
}

function queueText(state: RoomState): string {
  const { queue } = state;
  const held = queue.held === null ? '' : ', held';
  const running = queue.running === null ? '' : `${runnerOf(queue.running, state)} runs`;
  const waiting = queue.queued.length === 0 ? '' : `${String(queue.queued.length)} queued`;
  const work = [running, waiting].filter((part) => part !== '').join(', ');
  return `${work === '' ? 'queue empty' : work}${held}`;
}

/** `Ann`, or `Ann in b.ipynb` when another notebook shares the kernel. */
function runnerOf(run: RunView, state: RoomState): string {
  const elsewhere = otherNotebookOf(run, state);
  return safeLine(elsewhere === null ? run.author.name : `${run.author.name} in ${elsewhere}`);
}

/** One line a run: what /queue shows. */
export function queueLines(state: RoomState): string {
  const { queue } = state;
  const running = queue.running === null ? [] : [`running  ${runnerOf(queue.running, state)}`];
  const queued = queue.queued.map(
    (run, index) =>
      `${String(index + 1).padStart(7)}  ${runnerOf(run, state)}${run.author.participantId === state.you?.participantId ? ' (you)' : ''}`,
  );
  const held = queue.held === null ? [] : [`held: ${heldText(queue.held)}; a person in the page can let it go on`];
  const lines = [...running, ...queued, ...held];
  const rules = queueRulesText(queue.rules);
  return [...(lines.length === 0 ? ['nothing runs, nothing waits'] : lines), ...(rules === null ? [] : [rules])].join(
    '\n',
  );
}

function heldText(reason: NonNullable<QueueView['held']>): string {
  switch (reason) {
    case 'kernelDied':
      return 'the kernel died';
    case 'runLost':
      return 'a run was lost';
    case 'restarted':
      return 'the kernel was restarted';
    case 'byOwner':
      return 'the owner holds it';
  }
}

/** Where my run stands, while nothing of it is to be seen yet. */
export function waitingText(state: RoomState, runId: string): string {
  const place = state.queue.queued.findIndex((run) => run.runId === runId);
  if (place === -1) return '';
  const { running, held } = state.queue;
  if (held !== null) return `waiting: ${heldText(held)}`;
  const behind = running === null ? '' : ` behind ${runnerOf(running, state)}`;
  return `waiting${behind}, place ${String(place + 1)}`;
}

/** What an end other than success is called; empty for success. */
export function endText(run: RunView, paint: Paint): string {
  const reason = run.reason === null || run.reason === '' ? '' : `: ${safeText(run.reason)}`;
  switch (run.state) {
    case 'cancelled':
    case 'lost':
      return paint.yellow(`${run.state}${reason}`);
    case 'queued':
    case 'running':
    case 'succeeded':
    case 'failed':
      return '';
  }
}

/** The lines that a change of state calls for, but those of the connection. */
export function changeLines(before: RoomState, after: RoomState, paint: Paint): string[] {
  return [...comingsAndGoings(before, after, paint), ...kernelLines(before, after, paint)];
}

/** What is to be said of the connection and of why there is none. */
export function connectionLines(before: RoomState, after: RoomState, paint: Paint): string[] {
  return [...breakLines(before, after, paint), ...troubleLines(before, after, paint)];
}

function breakLines(before: RoomState, after: RoomState, paint: Paint): string[] {
  if (before.connection === after.connection) return [];
  switch (after.connection) {
    case 'disconnected':
      return [paint.yellow('connection lost; trying again')];
    case 'connected':
      return before.you === null ? [] : [paint.green('connected again')];
    case 'connecting':
    case 'failed':
      return [];
  }
}

function troubleLines(before: RoomState, after: RoomState, paint: Paint): string[] {
  if (after.trouble === null || after.trouble === before.trouble) return [];
  return [paint.yellow(`${safeLine(after.trouble)}; trying again`)];
}

/** Only while connected: after a break the list is simply the new one. */
function comingsAndGoings(before: RoomState, after: RoomState, paint: Paint): string[] {
  if (before.connection !== 'connected' || before.participants === after.participants) return [];
  const came = othersHere(after).filter((person) => !isHere(before, person));
  const left = othersHere(before).filter((person) => !isHere(after, person));
  return [
    ...came.map((person) => `${personName(person, paint)}${paint.dim(' came in')}`),
    ...left.map((person) => `${personName(person, paint)}${paint.dim(' left')}`),
  ];
}

function othersHere(state: RoomState): ParticipantView[] {
  const mine = state.you?.participantId;
  return state.participants.filter((person) => person.participantId !== mine && person.clients.length > 0);
}

function isHere(state: RoomState, { participantId }: ParticipantView): boolean {
  return state.participants.some((person) => person.participantId === participantId && person.clients.length > 0);
}

/** A question to somebody else. */
export function promptLine(prompt: PromptView, paint: Paint): string {
  const question = safeLine(prompt.text);
  const who = paint.bold(safeLine(prompt.asked.name));
  return `${who} is asked${question === '' ? '' : `: ${question}`} ${paint.dim('(/answer takes over)')}`;
}

/** A notice of the hub. */
export function noticeLine(notice: Extract<HubEvent, { event: 'notice' }>, paint: Paint): string {
  const message = safeText(notice.message);
  switch (notice.level) {
    case 'info':
      return paint.dim(message);
    case 'warning':
      return paint.yellow(message);
    case 'error':
      return paint.red(message);
  }
}
