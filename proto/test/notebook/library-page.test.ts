/** docs/notebook-library.md: its example is a program that works, and what it names is there. */
import { expect, test } from '@jest/globals';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as library from '../../src/notebook/index.js';
import { tidy } from './example.js';
import { everything } from './samples.js';

const page = readFileSync(new URL('../../../docs/notebook-library.md', import.meta.url), 'utf8');

test('the example is proto/test/notebook/example.ts', () => {
  const example = readFileSync(new URL('example.ts', import.meta.url), 'utf8');
  expect(/```ts\n([^]*?)```/.exec(page)?.[1]).toBe(example);
});

test('the example changes a file as it says, and the rest of it stays', () => {
  const folder = mkdtempSync(join(tmpdir(), 'cokernel-example-'));
  try {
    const file = join(folder, 'a.ipynb');
    const text = library.writeNotebook(everything).replace('"version": "3.11.2"', '"version": 1.0');
    writeFileSync(file, text);
    expect(tidy(file, 'Ann')).toEqual([]);
    const saved = readFileSync(file, 'utf8');
    expect(saved).toContain('"version": 1.0');
    const { cells } = library.readNotebook(saved).notebook;
    expect(cells.map(({ source }) => source)).toEqual([
      ...everything.cells.map(({ source }) => source),
      'Tidied by Ann',
    ]);
    expect(cells.flatMap((cell) => (cell.cell_type === 'code' ? cell.outputs : []))).toEqual([]);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('every function and error that it names is exported', () => {
  const named = [...page.matchAll(/`([A-Za-z]+)(?:\([^)`]*\))?`/g)].map((match) => match[1] ?? '');
  const exported = Object.keys(library);
  expect(named.length).toBeGreaterThan(20);
  expect(named.filter((name) => !exported.includes(name) && name !== 'Notebook')).toEqual([]);
});
