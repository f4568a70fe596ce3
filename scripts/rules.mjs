/** `node scripts/rules.mjs`: brings the last column of docs/rules.md up to date with the titles of the tests. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { read, testFiles } from './rules/sources.mjs';
import { withKeepers } from './rules/table.mjs';
import { repository } from './set-up/paths.mjs';

const page = read('docs/rules.md');
writeFileSync(join(repository, page.path), withKeepers(page.text, testFiles()));
