/** Pure: the news of one run as lines. Mine look as in any REPL; another person's stand beside a bar in their colour. */
import type { RunNews } from '../text/run-progress.js';
import type { OutputStyle } from '../text/output-text.js';
import { outputText, streamLines } from '../text/output-text.js';
import { safeLine, safeText } from '../text/terminal-text.js';

export interface RunOwner {
  readonly mine: boolean;
  readonly name: string;
  /** CSS. */
  readonly color: string;
}

/** With the notebook's path, for the command that writes what is not shown. */
export interface RunStyle extends OutputStyle {
  readonly notebook: string;
}

/** Of another person's code so much is shown; the rest is in the notebook. */
const MOST_SOURCE_LINES = 12;

/** The lines to print; empty for none. */
export function newsText(news: RunNews, owner: RunOwner, style: RunStyle): string {
  const text = owner.mine ? ownText(news, style) : othersText(news, owner, style);
  return text;
}

/** The unfinished line, as `newsText` will show it when it is whole. */
export function liveText(line: string, owner: RunOwner, style: RunStyle): string {
  if (line === '') return '';
  return owner.mine ? safeText(line) : beside(safeText(line), '│', owner, style);
}

function ownText(news: RunNews, style: RunStyle): string {
  switch (news.type) {
    case 'begun':
    case 'ended':
      return '';
    case 'lines':
      return streamLines(news.name, news.text, style.paint);
    case 'output':
      return outputText(news.output, style);
    case 'cut':
      return cutText(news, style);
  }
}

function othersText(news: RunNews, owner: RunOwner, style: RunStyle): string {
  switch (news.type) {
    case 'begun':
      return begunText(news.snapshot.source, owner, style);
    case 'lines':
      return beside(streamLines(news.name, news.text, style.paint), '│', owner, style);
    case 'output': {
      const text = outputText(news.output, style);
      return text === '' ? '' : beside(text, '│', owner, style);
    }
    case 'cut':
      return beside(cutText(news, style), '│', owner, style);
    case 'ended':
      return endedText(news.snapshot.count, news.snapshot.run?.state ?? '', owner, style);
  }
}

function cutText({ cellId, what }: Extract<RunNews, { type: 'cut' }>, style: RunStyle): string {
  const left = what === null ? 'not all of it is shown here' : `${what} are not shown here`;
  const command = `cokernel output ${shellWord(style.notebook)} ${shellWord(cellId)}`;
  return style.paint.dim(`⋯ ${left}; all of it: ${command} ⋯`);
}

/** As a shell reads it. */
function shellWord(text: string): string {
  const line = safeLine(text);
  return /^[\w./-]+$/.test(line) ? line : `'${line.replaceAll("'", `'\\''`)}'`;
}

function begunText(source: string, owner: RunOwner, style: RunStyle): string {
  const lines = safeText(source).trimEnd().split('\n');
  const shown = lines.slice(0, MOST_SOURCE_LINES);
  if (lines.length > shown.length) shown.push(`… ${String(lines.length - shown.length)} more lines`);
  const code = shown.map(style.paint.dim).join('\n');
  return `${beside(`${safeLine(owner.name)} runs`, '╭', owner, style)}\n${beside(code, '│', owner, style)}`;
}

function endedText(count: number | null, state: string, owner: RunOwner, style: RunStyle): string {
  const number = count === null ? '' : ` [${String(count)}]`;
  const end = state === 'succeeded' ? '' : style.paint.red(` ${safeLine(state)}`);
  return beside(`${safeLine(owner.name)} ran${number}${end}`, '╰', owner, style);
}

function beside(text: string, bar: string, owner: RunOwner, style: RunStyle): string {
  const painted = style.paint.inColor(owner.color, bar);
  return text
    .split('\n')
    .map((line) => `${painted} ${line}`)
    .join('\n');
}
