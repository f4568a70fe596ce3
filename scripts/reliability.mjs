/** `node scripts/reliability.mjs`: brings the tables of docs/reliability.md up to date with docs/reliability/*.json. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readResults } from './reliability/results.mjs';
import { withTables } from './reliability/tables.mjs';
import { repository } from './set-up/paths.mjs';

const page = join(repository, 'docs', 'reliability.md');
writeFileSync(page, withTables(readFileSync(page, 'utf8'), readResults()));
