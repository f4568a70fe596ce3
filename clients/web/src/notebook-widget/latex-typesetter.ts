/** Typesets the LaTeX in a rendered element with KaTeX, which is loaded when the first formula shows. */
import type { IRenderMime } from '@jupyterlab/rendermime';

/** The delimiters that Jupyter knows. */
const delimiters = [
  { left: '$$', right: '$$', display: true },
  { left: '\\[', right: '\\]', display: true },
  { left: '\\begin{equation}', right: '\\end{equation}', display: true },
  { left: '\\begin{align}', right: '\\end{align}', display: true },
  { left: '$', right: '$', display: false },
  { left: '\\(', right: '\\)', display: false },
];

async function loadKatex() {
  const [autoRender] = await Promise.all([import('katex/contrib/auto-render'), import('katex/dist/katex.min.css')]);
  return autoRender.default;
}

export const latexTypesetter: IRenderMime.ILatexTypesetter = {
  typeset: async (element) => {
    if (!/[$\\]/.test(element.textContent)) return;
    const renderMathInElement = await loadKatex();
    // A formula that KaTeX can't read stays as its author wrote it, in red.
    renderMathInElement(element, { delimiters, throwOnError: false, strict: 'ignore' });
  },
};
