/**
 * The main job: one notebook, two browsers and a terminal on one kernel, by the programs that a user has. The whole of
 * it for each store, and once more with a kernel of another language.
 */
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openBrowser, openNotebook, type NotebookPage } from './support/browser.js';
import { startHub, type HubOptions, type HubProcess } from './support/hub-process.js';
import { deno, python, type Language } from './support/languages.js';
import { readCells, writeNotebook } from './support/notebook-file.js';
import { joinPlainly, openSession } from './support/plain-client.js';
import { processesOf } from './support/processes.js';
import { startRedis } from './support/redis-server.js';
import { makeScratch, type Scratch } from './support/scratch.js';
import { openTerminal, type Terminal } from './support/terminal.js';
import { until } from './support/until.js';

const minutes = 60_000;
const notebook = 'job.ipynb';

interface Meeting {
  readonly language: Language;
  readonly hubOptions: HubOptions;
  readonly hub: HubProcess;
  readonly file: string;
  /** The long cell goes on when this file is there. */
  readonly signal: string;
  readonly ann: NotebookPage;
  readonly ben: NotebookPage;
  readonly cleo: Terminal;
}

let scratch: Scratch;

beforeEach(() => {
  scratch = makeScratch();
});

afterEach(async () => {
  const { folder } = scratch;
  await scratch.end();
  expect(processesOf(folder)).toEqual([]);
}, minutes);

describe.each([
  { store: 'the embedded store', redis: false, language: python },
  { store: 'Redis', redis: true, language: python },
  { store: 'the embedded store', redis: false, language: deno },
])('one notebook, two browsers and a terminal on $language.name with $store', ({ redis, language }) => {
  test(
    '[N1] [N2] [N3] [X6] [X8] [M26] [M27] what one types, runs, asks and breaks is seen by all, and nothing is lost by leaving or by a restart',
    async () => {
      const meeting = await meet(language, redis);
      await annTypesAndBenSeesIt(meeting);
      await annRunsAndAllSeeTheOutput(meeting);
      await cleoRunsInTheTerminalAndItIsACell(meeting);
      await annIsAskedAndAnswers(meeting);
      await anErrorIsShownToAll(meeting);
      await allLeaveInTheMiddleOfARun(meeting);
      await theHubIsStoppedAndStartedAgain(meeting);
    },
    5 * minutes,
  );
});

async function meet(language: Language, redis: boolean): Promise<Meeting> {
  const served = scratch.make('served');
  const file = join(served, notebook);
  const signal = join(scratch.make('signals'), 'go-on');
  const { asks, fails, waitsFor } = language;
  writeNotebook(file, language, { typed: '', asks, fails, long: waitsFor(signal) });
  const redisUrl = redis ? { redisUrl: await startRedis(scratch) } : {};
  const hubOptions = { served, kernelspecs: language.kernelspec(scratch), ...redisUrl };
  const hub = await startHub(scratch, hubOptions);
  const browser = await openBrowser(scratch);
  const ann = await openNotebook(browser, hub.pageUrl(notebook, 'Ann'));
  const ben = await openNotebook(browser, hub.pageUrl(notebook, 'Ben'));
  const cleo = openTerminal(scratch, [
    'attach',
    `${hub.url}/notebooks/${notebook}?token=${hub.token}`,
    '--name',
    'Cleo',
  ]);
  for (const page of [ann, ben]) {
    for (const name of ['Ann', 'Ben', 'Cleo']) await page.page.getByTestId(`person-${name}`).waitFor();
  }
  await cleo.shows(/Ann/);
  return { language, hubOptions, hub, file, signal, ann, ben, cleo };
}

async function annTypesAndBenSeesIt({ language, ann, ben }: Meeting): Promise<void> {
  await ann.write('typed', language.greet);
  await ben.shows('what Ann typed', async () => (await ben.source('typed')) === language.greet);
  await ben.shows('Ann’s cursor with her name', async () => {
    const names = await ben.cell('typed').locator('.cm-ySelectionInfo').allTextContents();
    return names.some((name) => name.includes('Ann'));
  });
}

async function annRunsAndAllSeeTheOutput({ language, ann, ben, cleo }: Meeting): Promise<void> {
  await ann.run('typed');
  for (const page of [ann, ben]) {
    await page.shows('the output', async () => (await page.output('typed')).includes(language.greeting));
  }
  await cleo.shows(language.greeting);
  expect(cleo.text()).toMatch(/Ann/);
}

async function cleoRunsInTheTerminalAndItIsACell({ language, ann, ben, cleo }: Meeting): Promise<void> {
  cleo.type(`${language.sum}\r`);
  await cleo.shows(/\b42\b/);
  for (const page of [ann, ben]) {
    const added = await until('a cell of Cleo', async () => (await page.cells()).find((id) => !known.includes(id)));
    await page.shows('Cleo’s source', async () => (await page.source(added)) === language.sum);
    await page.shows('Cleo’s result', async () => (await page.output(added)).includes('42'));
    await page.shows('Cleo’s name on it', async () => (await page.cell(added).innerText()).includes('Cleo'));
  }
}

const known: readonly string[] = ['typed', 'asks', 'fails', 'long'];

async function annIsAskedAndAnswers({ ann, ben, cleo }: Meeting): Promise<void> {
  await ann.run('asks');
  await ann.page.getByTestId('prompt-input').waitFor();
  await ben.page.getByTestId('prompt').waitFor();
  expect(await ben.page.getByTestId('prompt').innerText()).toContain('Ann');
  await cleo.shows(/Who is there\?/);
  await ann.page.getByTestId('prompt-input').fill('Dora');
  await ann.page.getByTestId('prompt-send').click();
  for (const page of [ann, ben]) {
    await page.shows('the answer’s effect', async () => (await page.output('asks')).includes('Hello DORA'));
    await page.page.getByTestId('prompt').waitFor({ state: 'detached' });
  }
}

async function anErrorIsShownToAll({ language, ann, ben, cleo }: Meeting): Promise<void> {
  await ben.run('fails');
  for (const page of [ann, ben]) {
    await page.shows('the error', async () => (await page.output('fails')).includes(language.failure));
  }
  await cleo.shows(language.failure);
  if (language !== python) return;
  // Only ipykernel colours its tracebacks itself.
  const coloured = ann.cell('fails').locator('.jp-OutputArea-output [class*="ansi-"]');
  expect(await coloured.count()).toBeGreaterThan(0);
  expect(cleo.raw().slice(cleo.raw().lastIndexOf('Traceback') - 400)).toMatch(new RegExp('\\u001b\\[[\\d;]*3[1-6]'));
}

async function allLeaveInTheMiddleOfARun({ ann, ben, cleo, hub, file, signal }: Meeting): Promise<void> {
  await ann.run('long');
  await ben.shows('the beginning of the long cell', async () => (await ben.output('long')).includes('first'));
  expect([...ann.faults, ...ben.faults]).toEqual([]);
  cleo.type('\x04');
  expect(await cleo.ended()).toBe(0);
  await Promise.all([ann.close(), ben.close()]);
  writeFileSync(signal, '');
  const whole = `first\n${Array.from({ length: 100 }, (_, n) => `line ${n}\n`).join('')}last\n`;
  await until('the file to hold the whole output', () => saved(file, 'long') === whole, {
    state: () => JSON.stringify(saved(file, 'long')),
  });
  const again = await openNotebook(await openBrowser(scratch), hub.pageUrl(notebook, 'Ann'));
  await again.shows('the end of the long cell', async () => (await again.output('long')).trimEnd().endsWith('last'));
  await again.close();
}

function saved(file: string, id: string): string | undefined {
  return readCells(file).find((cell) => cell.id === id)?.text;
}

async function theHubIsStoppedAndStartedAgain({ language, hub, hubOptions, file }: Meeting): Promise<void> {
  const before = await openSession(hub, notebook);
  const cellsBefore = readCells(file);
  await hub.stop();
  expect(readCells(file)).toEqual(cellsBefore);
  const second = await startHub(scratch, hubOptions);
  expect(await openSession(second, notebook)).toEqual(before);
  const plain = await joinPlainly(scratch, second, notebook);
  expect(plain.doc.getArray('cells').length).toBe(cellsBefore.length);
  const page = await openNotebook(await openBrowser(scratch), second.pageUrl(notebook, 'Ann'));
  // A notebook's cells come onto the page one after the other.
  const wanted = JSON.stringify(cellsBefore.map((cell) => cell.id));
  await page.shows('the same cells as before', async () => JSON.stringify(await page.cells()) === wanted);
  await page.shows('the old output', async () => (await page.output('typed')).includes(language.greeting));
  await page.write('typed', language.sum);
  await page.run('typed');
  await page.shows('a new output', async () => (await page.output('typed')).includes('42'));
  await until('the file to hold the new output', () => saved(file, 'typed')?.includes('42'));
}
