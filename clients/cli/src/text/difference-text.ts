/** Pure: what changed in a notebook, as lines for a terminal: a heading a cell, and its lines as `diff` shows them. */
import type { NotebookDifference } from '@cokernel/proto/hub';
import type { Paint } from './terminal-text.js';
import { safeLine, safeText, withoutColours } from './terminal-text.js';

type CellDifference = NotebookDifference['cells'][number];
type Part = CellDifference['source'][number];

/** So many of the lines that are in both stand around a change. */
const CONTEXT = 2;

export function differenceText({ cells, metadata }: NotebookDifference, paint: Paint): string {
  const parts = cells.map((cell) => [heading(cell, paint), ...cellLines(cell, paint)].join('\n'));
  if (metadata) parts.push(paint.bold('the notebook’s metadata changed'));
  return parts.length === 0 ? 'nothing changed' : parts.join('\n\n');
}

function heading({ cellId, cellType, change, moved, source, others }: CellDifference, paint: Paint): string {
  const what = change === 'changed' ? changes({ moved, source, others }) : change;
  const title = `${cellType === 'markdown' ? 'text' : cellType} cell ${what}`;
  return `${paint.bold(title)} ${paint.dim(safeLine(cellId))}`;
}

function changes({ moved, source, others }: Pick<CellDifference, 'moved' | 'source' | 'others'>): string {
  const parts = [...(moved ? ['moved'] : []), ...(source.length > 0 ? ['edited'] : [])];
  const more = others.length === 0 ? [] : [`${others.join(' and ')} changed`];
  return [...parts, ...more].join(', ');
}

function cellLines({ source }: CellDifference, paint: Paint): string[] {
  return source.flatMap((part, index) => {
    if (part.in === 'both') return context(part, index === 0, index === source.length - 1).map(paint.dim);
    const [sign, color] = part.in === 'before' ? ['-', paint.red] : ['+', paint.green];
    return part.lines.map((line) => color(`  ${sign} ${plain(line)}`));
  });
}

/** Those next to a change; `first` and `last`: there is none on that side. */
function context({ lines }: Part, first: boolean, last: boolean): string[] {
  const head = first ? 0 : CONTEXT;
  const tail = last ? 0 : CONTEXT;
  const shown = lines.map((line) => `    ${plain(line)}`);
  if (lines.length <= head + tail + 1) return shown;
  const left = lines.length - head - tail;
  return [...shown.slice(0, head), `    … ${String(left)} lines …`, ...shown.slice(lines.length - tail)];
}

function plain(line: string): string {
  return withoutColours(safeText(line));
}
