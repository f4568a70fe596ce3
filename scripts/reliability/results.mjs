/** The results of the long runs as they lie in docs/reliability. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { repository } from '../set-up/paths.mjs';

const folder = join(repository, 'docs', 'reliability');

/** @returns {readonly import('./tables.mjs').TortureResult[]} */
export function readResults() {
  const files = readdirSync(folder).filter((name) => name.endsWith('.json'));
  return files.map((name) => {
    /** @type {import('./tables.mjs').TortureResult} */
    const result = JSON.parse(readFileSync(join(folder, name), 'utf8'));
    return result;
  });
}
