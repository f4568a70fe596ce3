/** `cokernel history NOTEBOOK`: what happened in a notebook, a line each; with `--play` as it changed, step by step. */
import type { HistoryStep, HubClient } from '@cokernel/core';
import { playHistory } from '@cokernel/core';
import type { HistoryRecord } from '@cokernel/proto/hub';
import type { Notebook } from '@cokernel/proto/notebook';
import { diffNotebooks, makeNotebook } from '@cokernel/proto/notebook';
import { setTimeout as pause } from 'node:timers/promises';
import { colorsWanted } from '../text/colors-wanted.js';
import { differenceText } from '../text/difference-text.js';
import { happeningText } from '../text/happening-text.js';
import { type Paint, makePaint } from '../text/terminal-text.js';

export interface HistoryOptions {
  readonly notebook: string;
  readonly play: boolean;
  readonly json: boolean;
}

/** Nobody waits through the pauses in which nothing happened. */
const LONGEST_PAUSE_MS = 1_000;

export async function history(client: HubClient, { notebook, play, json }: HistoryOptions): Promise<void> {
  const records = client.history(await client.fileId(notebook));
  const say = (text: string): void => void process.stdout.write(`${text}\n`);
  if (json) for await (const record of records) say(JSON.stringify(record));
  else await tell(records, play, say);
}

async function tell(records: AsyncIterable<HistoryRecord>, play: boolean, say: (text: string) => void): Promise<void> {
  const paint = makePaint(colorsWanted(process.stdout, process.env));
  let shown = makeNotebook();
  let last: HistoryRecord | null = null;
  for await (const step of playHistory(records)) {
    const { record } = step;
    // A segment that goes on shows nothing new.
    if (record.type === 'began' && last !== null && record.segment > 1) continue;
    if (play && last !== null) await pause(Math.min(LONGEST_PAUSE_MS, Date.parse(record.at) - Date.parse(last.at)));
    say(happeningText(step, paint));
    if (play) shown = showChange(shown, step, paint, say);
    last = record;
  }
  if (last === null) say('nothing was recorded yet');
}

/** What changed since it was shown last. */
function showChange(shown: Notebook, step: HistoryStep, paint: Paint, say: (text: string) => void): Notebook {
  if (step.record.type !== 'edited' && step.record.type !== 'printed') return shown;
  const now = step.notebook();
  const difference = diffNotebooks(shown, now);
  if (difference.cells.length > 0) say(`${differenceText(difference, paint)}\n`);
  return now;
}
