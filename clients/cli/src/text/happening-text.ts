/** Pure: one record of a notebook's history as one line. */
import type { HistoryStep } from '@cokernel/core';
import type { RunView } from '@cokernel/proto/hub';
import { findCell, sourceText } from '@cokernel/proto/notebook';
import type { Paint } from './terminal-text.js';
import { safeLine } from './terminal-text.js';
import { shortTime } from './short-time.js';

export function happeningText(step: HistoryStep, paint: Paint): string {
  return `${paint.dim(shortTime(step.record.at))}  ${what(step, paint)}`;
}

function what(step: HistoryStep, paint: Paint): string {
  const { record } = step;
  const bold = (name: string): string => paint.bold(safeLine(name));
  switch (record.type) {
    case 'began':
      return record.segment === 1 ? 'the history begins' : 'what was recorded before is dropped';
    case 'edited':
      return record.by === null ? 'the notebook was changed' : `${bold(record.by.name)} edited`;
    case 'printed':
      return paint.dim('output');
    case 'ran':
      return ranText(record.run, firstLine(step, record.run), paint);
    case 'asked':
      return `${bold(record.prompt.asked.name)} is asked: ${safeLine(record.prompt.text)}`;
    case 'answered':
      return `${bold(record.by.name)} answered${record.value === null ? '' : `: ${safeLine(record.value)}`}`;
    case 'restored':
      return `${bold(record.by.name)} restored version ${record.versionId} (before: version ${record.before})`;
  }
}

function ranText({ state, author }: RunView, code: string, paint: Paint): string {
  const name = paint.bold(safeLine(author.name));
  switch (state) {
    case 'queued':
      return `${name} queued ${code}`;
    case 'running':
      return `${name} runs ${code}`;
    case 'succeeded':
      return `${paint.green('done')} ${code}`;
    case 'failed':
    case 'cancelled':
    case 'lost':
      return `${paint.red(state)} ${code}`;
  }
}

/** Of the cell as it was then. */
function firstLine({ doc }: HistoryStep, { target }: RunView): string {
  const cell = target.kind === 'cell' ? findCell(doc, target.cellId) : null;
  const source = cell === null ? '' : (sourceText(cell)?.toJSON() ?? '');
  return safeLine(source.trim().split('\n')[0] ?? '').slice(0, 60) || 'a cell that is gone';
}
