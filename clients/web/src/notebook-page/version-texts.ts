/** Pure: what the versions of a notebook and the differences between them say. */
import type { NotebookDifference } from '@cokernel/proto/hub';

type CellDifference = NotebookDifference['cells'][number];

/** `14:05` for today, else `Nov 21, 14:05`; in the person's own time zone. */
export function whenText(iso: string, now: Date): string {
  const at = new Date(iso);
  const time = { hour: '2-digit', minute: '2-digit' } as const;
  const isToday = at.toDateString() === now.toDateString();
  return at.toLocaleString('en-GB', isToday ? time : { day: 'numeric', month: 'short', ...time });
}

/** `Code cell edited, outputs changed`. */
export function cellText({ cellType, change, moved, source, others }: CellDifference): string {
  const kind = { code: 'Code', markdown: 'Text', raw: 'Raw' }[cellType];
  if (change !== 'changed') return `${kind} cell ${change}`;
  const parts = [...(moved ? ['moved'] : []), ...(source.length > 0 ? ['edited'] : [])];
  const what = others.length === 0 ? parts : [...parts, `${others.join(' and ')} changed`];
  return `${kind} cell ${what.join(', ')}`;
}
