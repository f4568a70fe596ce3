/** Colours for code being typed. Loaded after the first prompt: it takes longer than all the rest of the start. */
import type { Paint } from '../text/terminal-text.js';

export type Highlight = (code: string, language: string) => string;

/** The code itself, with the same lines; a language that is not known is left as it is. */
export async function loadHighlight(paint: Paint): Promise<Highlight> {
  if (!paint.on) return (code) => code;
  const { highlight, supportsLanguage } = await import('cli-highlight');
  const theme = themeOf(paint);
  return (code, language) => {
    if (!supportsLanguage(language)) return code;
    return code
      .split('\n')
      .map((line) => highlight(line, { language, ignoreIllegals: true, theme }))
      .join('\n');
  };
}

function themeOf(paint: Paint): Record<string, (code: string) => string> {
  const magenta = (code: string) => paint.inColor('#b060c0', code);
  const blue = (code: string) => paint.inColor('#4080d0', code);
  return {
    keyword: magenta,
    literal: magenta,
    built_in: blue,
    string: paint.green,
    number: blue,
    comment: paint.dim,
    meta: magenta,
    title: paint.bold,
  };
}
