/** The notebooks that reading and writing is judged by: the files of ../corpus, and one that is too large to be kept. */
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

export interface CorpusFile {
  /** `folder/name`, without `.ipynb`. */
  readonly name: string;
  readonly content: Uint8Array;
}

const folder = fileURLToPath(new URL('../corpus/', import.meta.url));

export function corpusFiles(): readonly CorpusFile[] {
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((path) => path.replaceAll('\\', '/'))
    .filter((path) => path.endsWith('.ipynb'))
    .sort();
  const kept = names.map((path) => ({ name: path.replace(/\.ipynb$/, ''), content: readFileSync(folder + path) }));
  return [...kept, { name: 'made/huge', content: new TextEncoder().encode(hugeNotebook()) }];
}

/** Some 5 MB: 1,500 cells, a picture of 2 MB, a stream of 60,000 lines. */
function hugeNotebook(): string {
  const lines = Array.from({ length: 60_000 }, (_, n) => `line ${String(n)}\n`);
  const outputs = [
    { output_type: 'display_data', data: { 'image/png': 'iVBORw0KGgoA'.repeat(170_000) }, metadata: {} },
    { output_type: 'stream', name: 'stdout', text: lines },
  ];
  const cells = Array.from({ length: 1_500 }, (_, n) => ({
    cell_type: 'code',
    execution_count: n,
    id: `cell-${String(n)}`,
    metadata: { tags: [`tag-${String(n)}`] },
    outputs: n === 700 ? outputs : [],
    source: Array.from({ length: 20 }, (_line, line) => `x_${String(n)}_${String(line)} = ${String(line)} * n\n`),
  }));
  return JSON.stringify({ cells, metadata: {}, nbformat: 4, nbformat_minor: 5 });
}
