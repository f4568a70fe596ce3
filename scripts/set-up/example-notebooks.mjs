/** Fills `notebooks/` from `examples/`, once: what a person deletes or changes there stays so. */
import { copyFileSync, existsSync, mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

/**
 * @param {string} root of the repository
 * @returns {import('./report.mjs').StepResult & { folder: string }}
 */
export function fillNotebooks(root) {
  const folder = join(root, 'notebooks');
  if (existsSync(folder)) return { changed: false, detail: folder, folder };
  mkdirSync(folder);
  const names = readdirSync(join(root, 'examples')).filter((name) => name.endsWith('.ipynb'));
  for (const name of names) copyFileSync(join(root, 'examples', name), join(folder, name));
  return { changed: true, detail: `${names.join(', ')} copied to ${folder}`, folder };
}
