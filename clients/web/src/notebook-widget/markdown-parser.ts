/** Turns Markdown into HTML, which the renderer then sanitises. */
import type { IMarkdownParser } from '@jupyterlab/rendermime';
import { Marked } from 'marked';

const marked = new Marked({ gfm: true, async: true });

export const markdownParser: IMarkdownParser = {
  render: async (source) => marked.parse(source),
};
