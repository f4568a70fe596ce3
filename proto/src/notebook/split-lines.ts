/** Pure: lines as Python's `str.splitlines` divides them, at every line end that Unicode knows. */
const LINE_ENDS = '\\n\\r\\v\\f\\x1c-\\x1e\\x85\\u2028\\u2029';
const LINE = new RegExp(`[^${LINE_ENDS}]*(?:\\r\\n|[^])`, 'g');
const LINE_END = new RegExp(`(?:\\r\\n|[${LINE_ENDS}])$`);

/** Each line with its end; none of an empty text. */
export function splitLines(text: string): readonly string[] {
  return text.match(LINE) ?? [];
}

export function withoutLineEnd(line: string): string {
  return line.replace(LINE_END, '');
}
