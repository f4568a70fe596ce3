/** Another program that changes the .ipynb on disk: reads it, adds a line to a cell, writes it, in place or by rename. */
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { z } from 'zod';
import type { Random } from '../harness/random.js';

const File = z.looseObject({
  cells: z.array(z.looseObject({ source: z.union([z.string(), z.array(z.string())]) })),
});

const MOST_TRIES = 20;

/**
 * Adds a line with this word. A version that the hub wrote between our reading and writing is not overwritten, as no
 * editor would without asking: then it is done again.
 */
export function changeOnDisk(file: string, word: string, random: Random): void {
  const byRename = random.onceIn(2);
  for (let attempt = 0; attempt < MOST_TRIES; attempt += 1) {
    const before = readFileSync(file, 'utf8');
    const changed = withLine(before, word, random);
    if (readFileSync(file, 'utf8') !== before) continue;
    if (byRename) {
      writeFileSync(`${file}.tmp`, changed);
      renameSync(`${file}.tmp`, file);
    } else {
      writeFileSync(file, changed);
    }
    return;
  }
  throw new Error(`${file} was written all the time`);
}

function withLine(text: string, word: string, random: Random): string {
  const notebook = File.parse(JSON.parse(text));
  const cell = notebook.cells[random.between(0, notebook.cells.length - 1)];
  if (cell === undefined) throw new Error('the file has no cells');
  const lines = (typeof cell.source === 'string' ? cell.source : cell.source.join('')).split('\n');
  lines.splice(random.between(0, lines.length - 1), 0, word);
  cell.source = lines.join('\n').split(/(?<=\n)/);
  return `${JSON.stringify(notebook, null, 1)}\n`;
}
