/** Brings the table of docs/conformance.md up to date. Started by scripts/conformance.mjs, with the tests' Python. */
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { examineCorpus } from './examine.js';
import { withTable } from './table.js';

const page = fileURLToPath(new URL('../../../../docs/conformance.md', import.meta.url));
writeFileSync(page, withTable(readFileSync(page, 'utf8'), examineCorpus()));
