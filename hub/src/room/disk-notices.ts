/** Pure: what people in a room are told when another program did something to its file. */
import type { CellId, HubEvent } from '@cokernel/proto/hub';
import { jsonEquals, toJson, type MergeConflict, type Notebook } from '@cokernel/proto/notebook';

export type Notice = Extract<HubEvent, { event: 'notice' }>;

/** What a change of the file did to the document, and what both sides had changed. Nothing at all when it did nothing. */
export function mergeNotices(
  before: Notebook,
  after: Notebook,
  conflicts: readonly MergeConflict[],
): readonly Notice[] {
  const changes = changesOf(before, after);
  if (changes === '' && conflicts.length === 0) return [];
  const what = changes === '' ? '' : ` ${changes}`;
  const changed = notice('info', 'changedOnDisk', `Another program changed the file; it was merged.${what}`);
  if (conflicts.length === 0) return [changed];
  const named = conflicts.map((conflict) => sentenceOf(conflict, after)).join(' ');
  const cellIds = [...new Set(conflicts.map(({ cellId }) => cellId))];
  return [changed, { ...notice('warning', 'mergeConflict', `The file and you changed the same. ${named}`), cellIds }];
}

export function fileGone(name: string): Notice {
  const message = `'${name}' was deleted or moved out of the folder. The notebook stays open here, and is written again when somebody edits or saves it.`;
  return notice('warning', 'fileGone', message);
}

export function fileBack(name: string): Notice {
  return notice('info', 'fileBack', `'${name}' is there again.`);
}

export function fileWrittenAgain(name: string): Notice {
  return notice('info', 'fileWrittenAgain', `'${name}' had been deleted, and is written again.`);
}

export function notANotebook(name: string, why: string): Notice {
  const message = `Another program made of '${name}' what is no notebook. ${why} What is shown here is still all there; the next save puts that file aside.`;
  return notice('warning', 'notANotebook', message);
}

export function keptAside(name: string, keptAs: string): Notice {
  return notice(
    'warning',
    'keptAside',
    `What another program wrote to '${name}' is no notebook; it is kept as '${keptAs}'.`,
  );
}

/** A notice that is read has an end. */
const MOST_SENTENCES = 5;

/** `sentences`: what of the file can't be kept. Nothing at all when there are none. */
export function notKept(name: string, sentences: readonly string[]): readonly Notice[] {
  if (sentences.length === 0) return [];
  const more = sentences.length - MOST_SENTENCES;
  const told = [...sentences.slice(0, MOST_SENTENCES), ...(more > 0 ? [`And ${String(more)} more.`] : [])];
  return [notice('warning', 'notKept', `Saving will change '${name}'. ${told.join(' ')}`)];
}

function notice(level: Notice['level'], code: string, message: string): Notice {
  return { event: 'notice', level, code, message };
}

function changesOf(before: Notebook, after: Notebook): string {
  const former = new Map(before.cells.map((cell) => [cell.id, cell]));
  const now = new Set(after.cells.map(({ id }) => id));
  const added = after.cells.filter(({ id }) => !former.has(id)).length;
  const deleted = before.cells.filter(({ id }) => !now.has(id)).length;
  const changed = after.cells.filter((cell) => {
    const old = former.get(cell.id);
    return old !== undefined && !jsonEquals(toJson(old), toJson(cell));
  }).length;
  const counts = [count(changed, 'changed'), count(added, 'added'), count(deleted, 'deleted')];
  const parts = counts.filter((part) => part !== '');
  if (parts.length > 0) return `Cells: ${parts.join(', ')}.`;
  return isSameBesideCells(before, after) ? '' : 'The order of cells or the metadata changed.';
}

function isSameBesideCells(before: Notebook, after: Notebook): boolean {
  const rest = ({ cells, metadata }: Notebook) => ({ metadata, order: cells.map(({ id }) => id) });
  return jsonEquals(rest(before), rest(after));
}

function count(cells: number, what: string): string {
  return cells === 0 ? '' : `${String(cells)} ${what}`;
}

function sentenceOf({ cellId, what }: MergeConflict, after: Notebook): string {
  const cell = placeOf(cellId, after);
  switch (what) {
    case 'source':
      return `${cell}: both versions are kept, that of the file right below.`;
    case 'outputs':
      return `${cell}: the outputs here stay, since they are newer than what the file was made from.`;
    case 'metadata':
      return `${cell}: the metadata here stays.`;
    case 'deletedOnDisk':
      return `${cell}: deleted in the file and changed here, so it stays.`;
    case 'deletedHere':
      return `${cell}: deleted here and changed in the file, so it is back.`;
  }
}

/** People count cells from 1. */
function placeOf(id: CellId, { cells }: Notebook): string {
  return `Cell ${String(cells.findIndex((cell) => cell.id === id) + 1)}`;
}
