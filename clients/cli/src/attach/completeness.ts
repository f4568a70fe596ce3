/** Pure: is what was typed a whole input? The kernel knows best; this decides when it can't be asked. */

/** For a text whose last line says it is done, no kernel need be asked. */
export function endsWithBlankLine(text: string): boolean {
  return text.includes('\n') && /\n[ \t]*$/.test(text);
}

/** A guess for languages with blocks and brackets, Python first. */
export function looksIncomplete(text: string): boolean {
  const last = text.slice(text.lastIndexOf('\n') + 1);
  return /[:\\{([,]\s*$/.test(last) || (text.includes('\n') && /^\s+\S/.test(last)) || last.trimStart().startsWith('@');
}

/** Where the next line begins: as the last one, deeper after an opening. */
export function nextIndent(text: string): string {
  const last = text.slice(text.lastIndexOf('\n') + 1);
  const indent = /^\s*/.exec(last)?.[0] ?? '';
  return /[:{([]\s*$/.test(last) ? `${indent}    ` : indent;
}
