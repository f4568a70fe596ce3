/** Pure: which bytes a request wants (RFC 9110 §14). One range is answered; of several, or of what is no range, the whole. */
import type { ByteRange } from '../run/output-store.js';

/** Null: the whole. `unsatisfiable`: there is no such byte. */
export function readRange(header: string | undefined, size: number): ByteRange | 'unsatisfiable' | null {
  const [, first, last] = /^bytes=\s*(\d*)\s*-\s*(\d*)\s*$/i.exec(header ?? '') ?? [];
  if (first === undefined || last === undefined || first + last === '') return null;
  if (first === '') return within({ start: Math.max(0, size - Number(last)), end: size }, size);
  if (last !== '' && Number(last) < Number(first)) return null;
  return within({ start: Number(first), end: last === '' ? size : Math.min(size, Number(last) + 1) }, size);
}

function within(range: ByteRange, size: number): ByteRange | 'unsatisfiable' {
  return range.start < range.end && range.start < size ? range : 'unsatisfiable';
}
