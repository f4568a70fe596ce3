/** PROTOCOL.md says what the schemas say, and every rule in it is kept by a test. */
import { readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { HUB_PROTOCOL, HubEvent, callErrors, calls, closeCodes } from '@cokernel/proto/hub';

// The projects of jest share one root, whatever the folder of the suite.
const root = path.resolve(process.cwd());
const text = readFileSync(path.join(root, 'proto', 'PROTOCOL.md'), 'utf8');

/** The text between the heading `## §n` and the next of its kind. */
function section(number: number): string {
  const found = text.split(/^## §/m).find((part) => part.startsWith(`${String(number)} `));
  if (found === undefined) throw new Error(`PROTOCOL.md has no §${String(number)}`);
  return found;
}

/** The rows of the first table behind `heading`, as cells without backticks. */
function table(part: string, heading: string): string[][] {
  const rows = part.slice(part.indexOf(heading)).split('\n');
  const end = rows.findIndex((row) => !row.startsWith('|'));
  return rows.slice(2, end).map((row) =>
    row
      .split(/(?<!\\)\|/)
      .slice(1, -1)
      .map((cell) => cell.trim().replace(/^`(\w+)`$/, '$1')),
  );
}

const column = (rows: readonly string[][], index: number): string[] => rows.map((row) => row[index] ?? '');

/** The title of every test in the repository. */
function testTitles(): string {
  const folders = ['proto/test', 'hub/test', 'clients', 'test'];
  const files = folders.flatMap((folder) =>
    readdirSync(path.join(root, folder), { recursive: true, encoding: 'utf8' })
      .filter((file) => /\.test\.tsx?$/.test(file) && !file.includes('node_modules'))
      .map((file) => path.join(root, folder, file)),
  );
  // Titles are the only strings that carry ids; what comments say does not count.
  const titles = files.flatMap((file) => readFileSync(file, 'utf8').match(/^.*['"`].*\[P\d+\].*$/gm) ?? []);
  return titles.join('\n');
}

describe('PROTOCOL.md', () => {
  test('names the version', () => {
    expect(text).toContain(`This is version **${String(HUB_PROTOCOL)}**`);
  });

  test('lists every call with its right, and no other', () => {
    const rows = table(section(3), '| call |');
    const listed = Object.fromEntries(rows.map(([call, right]) => [call, right]));
    expect(listed).toEqual(Object.fromEntries(Object.entries(calls).map(([call, { right }]) => [call, right])));
    expect(rows).toHaveLength(Object.keys(calls).length);
  });

  test('lists every event, and no other', () => {
    const events = HubEvent.options.map((option) => option.shape.event.value);
    expect(column(table(section(4), '| event |'), 0)).toEqual(events);
  });

  test('lists the fields of every event', () => {
    const fields = new Map(table(section(4), '| event |').map((row) => [row[0], row[1] ?? '']));
    for (const option of HubEvent.options) {
      const { event, ...others } = option.shape;
      for (const field of Object.keys(others)) expect(fields.get(event.value)).toMatch(new RegExp(`\\b${field}\\b`));
    }
  });

  test('lists every close code by number and name, and no other', () => {
    const listed = Object.fromEntries(table(section(6), '| code |').map(([code, name]) => [name, Number(code)]));
    expect(listed).toEqual(closeCodes);
  });

  test('lists every error code, and no other', () => {
    const listed = column(table(section(7), '| code | meaning'), 0);
    expect(listed.sort()).toEqual(Object.keys(callErrors).sort());
  });

  test('refuses calls with known codes only', () => {
    const named = table(section(3), '| call |').flatMap((row) => row[4]?.match(/\w+/g) ?? []);
    for (const code of named) expect(Object.keys(callErrors)).toContain(code);
  });

  test('numbers its rules without a hole', () => {
    const ids = [...text.matchAll(/^- \*\*\[P(\d+)\]\*\*/gm)].map((match) => Number(match[1]));
    expect(ids).toEqual(ids.map((_, index) => index + 1));
    expect(ids.length).toBeGreaterThan(30);
  });

  test('every rule is kept by a test that carries its id', () => {
    const ids = [...text.matchAll(/^- \*\*\[(P\d+)\]\*\*/gm)].map((match) => match[1] ?? '');
    const titles = testTitles();
    expect(ids.filter((id) => !titles.includes(`[${id}]`))).toEqual([]);
  });

  test('no test carries the id of a rule that is not there', () => {
    const used = [...testTitles().matchAll(/\[(P\d+)\]/g)].map((match) => match[1] ?? '');
    expect(used.filter((id) => !text.includes(`**[${id}]**`))).toEqual([]);
  });
});
