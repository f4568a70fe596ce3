/**
 * Two people in one notebook: coming in, the same cell run by both, a cell edited while it waits, an interrupt; and a
 * person and another program in one cell.
 */
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { join } from 'node:path';
import { openBrowser, openNotebook, type NotebookPage } from './support/browser.js';
import { startHub, type HubProcess } from './support/hub-process.js';
import { python } from './support/languages.js';
import { readCells, writeNotebook } from './support/notebook-file.js';
import { makeScratch, type Scratch } from './support/scratch.js';

let scratch: Scratch;

beforeEach(() => {
  scratch = makeScratch();
});

afterEach(() => scratch.end(), 60_000);

async function hubWith(sources: Readonly<Record<string, string>>): Promise<HubProcess> {
  const served = scratch.make('served');
  writeNotebook(join(served, 'job.ipynb'), python, sources);
  return startHub(scratch, { served, kernelspecs: python.kernelspec(scratch) });
}

test('[M1] one link lets a person in, who is asked for a name once', async () => {
  const hub = await hubWith({ one: '1 + 1' });
  const browser = await openBrowser(scratch);
  const page = await (await browser.newContext()).newPage();
  await page.goto(`${hub.url}/notebooks/job.ipynb?token=${hub.token}`);
  await page.getByTestId('name-dialog').waitFor();
  await page.keyboard.type('Dora');
  await page.keyboard.press('Enter');
  await page.getByTestId('person-Dora').waitFor();
  await page.reload();
  await page.getByTestId('person-Dora').waitFor();
  expect(await page.getByTestId('name-dialog').count()).toBe(0);
  // The token is in the cookie now, and not left in the address to be copied or shown.
  expect(page.url()).not.toContain(hub.token);
}, 120_000);

test('[M3] [X12] [M4] [X11] [M7] [X10] [M5] [M22] [M23] [P49] a cell that two run runs once, as it was when queued; what waits is moved by keys; an interrupt ends one run alone; rules are chosen, and a run that takes too long is told to its author', async () => {
  const never = python.waitsFor(join(scratch.folder, 'never'));
  const hub = await hubWith({ long: never, second: 'print("as " + "queued")', third: 'print("of " + "Ben")' });
  const browser = await openBrowser(scratch);
  const ann = await openNotebook(browser, hub.pageUrl('job.ipynb', 'Ann'));
  const ben = await openNotebook(browser, hub.pageUrl('job.ipynb', 'Ben'));
  await ann.run('long');
  await ben.shows('the beginning of the long cell', async () => (await ben.output('long')).includes('first'));
  await ann.run('second');
  await waiting(ben, 1);
  await ben.run('second');
  await ben.page.getByText('already queued by Ann').first().waitFor();
  await ben.run('third');
  await waiting(ann, 2);
  await movedByKeys(ben, ann);
  await ben.write('second', 'print("edi" + "ted")');
  await ann.shows('that the cell has changed', async () => /changed/.test(await ann.cell('second').innerText()));
  await ann.page.getByTestId('interrupt').click();
  await ann.shows('the interrupt', async () => (await ann.output('long')).includes('KeyboardInterrupt'));
  for (const page of [ann, ben]) {
    await page.shows('Ann’s text as it was queued', async () => (await page.output('second')).trim() === 'as queued');
    await page.shows('Ben’s run', async () => (await page.output('third')).trim() === 'of Ben');
  }
  await ann.page.getByTestId('queue-rules').click();
  await ann.page.getByLabel(/^In turns/).check();
  await ann.page.getByLabel('Seconds that a run may take').fill('2');
  await ann.page.getByTestId('queue-rules-save').click();
  await ben.page.getByText('people take turns · a run may take 2 s').waitFor();
  await ann.run('long');
  const overTime = 'Your run was interrupted: the time limit of this queue is 2 s a run.';
  await ann.page.getByText(overTime).waitFor();
  await ben.shows('its end', async () => (await ben.cell('long').getAttribute('data-run-state')) === 'failed');
  expect(await ben.page.getByText(overTime).count()).toBe(0);
}, 120_000);

test('[X3] a cell that another program changed too is marked, the notice leads there, and a person keeps one version by the keyboard', async () => {
  const hub = await hubWith({ first: '1', one: 'x = 0', last: '3' });
  const browser = await openBrowser(scratch);
  const ann = await openNotebook(browser, hub.pageUrl('job.ipynb', 'Ann'));
  const disk = await conflictIn(ann, 'one');
  const mine = await ann.source('one');
  await ann.cell('first').locator('.cm-content').click();
  await ann.page.getByRole('button', { name: 'Show', exact: true }).click();
  const focused = ann.page.locator('[data-cell-id="one"]:focus');
  await focused.waitFor();
  const bar = ann.page.getByRole('group', { name: 'Two versions of one cell' });
  expect(await bar.innerText()).toContain('The file’s version of the cell above');
  await bar.getByRole('button', { name: 'Keep this' }).focus();
  await ann.page.keyboard.press('Enter');
  await ann.shows('the file’s version alone', async () => (await ann.cells()).length === 3);
  expect(await ann.source('one')).toBe(disk);
  await focused.waitFor();
  await ann.page.keyboard.press('z');
  await bar.waitFor();
  expect(await ann.source('one')).toBe(mine);
  await bar.getByRole('button', { name: 'Keep the other' }).focus();
  await ann.page.keyboard.press('Space');
  await ann.shows('her own version alone', async () => (await ann.cells()).join() === 'first,one,last');
  expect(await ann.source('one')).toBe(mine);
  const file = (): string =>
    readCells(job())
      .map(({ source }) => source)
      .join();
  await ann.shows('it saved', () => file() === `1,${mine},3`);
}, 120_000);

/** She types while another program writes the file; where her text was saved first there is no conflict: once more. */
async function conflictIn(ann: NotebookPage, cell: string): Promise<string> {
  const notice = ann.page.getByText('The file and you changed the same.');
  for (let round = 1; ; round += 1) {
    const text = `x = "disk ${String(round)}"`;
    await ann.write(cell, `x = "Ann ${String(round)}"`);
    const sources = readCells(job()).map(({ id, source }): [string, string] => [id, id === cell ? text : source]);
    writeNotebook(job(), python, Object.fromEntries(sources));
    await ann.shows(
      'the change of the file',
      async () => (await notice.count()) > 0 || (await ann.source(cell)) === text,
    );
    if ((await notice.count()) > 0) return text;
  }
}

function job(): string {
  return join(scratch.folder, 'served', 'job.ipynb');
}

/** His run goes before hers by the keyboard, and back; she sees it. The buttons keep the focus. */
async function movedByKeys(ben: NotebookPage, ann: NotebookPage): Promise<void> {
  const waits = (page: NotebookPage): Promise<string> => page.page.getByTestId('queue').innerText();
  const isFirst = async (page: NotebookPage, text: string, other: string): Promise<boolean> =>
    (await waits(page)).indexOf(text) < (await waits(page)).indexOf(other);
  const his = ben.page.getByTestId('queue-item').filter({ hasText: '"of " + "Ben"' });
  await his.getByRole('button', { name: 'Run this earlier' }).focus();
  await ben.page.keyboard.press('Enter');
  await ann.shows('his run before hers', () => isFirst(ann, '"of "', '"as "'));
  await his.getByRole('button', { name: 'Run this later' }).focus();
  await ben.page.keyboard.press('Enter');
  await ann.shows('her run before his', () => isFirst(ann, '"as "', '"of "'));
  await ben.shows(
    'the focus kept',
    async () => (await ben.page.locator('[data-testid="move-down"]:focus').count()) === 1,
  );
}

/** The queue shows one run that goes on, and so many that wait. */
async function waiting({ page, shows }: NotebookPage, count: number): Promise<void> {
  await shows(`${count} waiting`, async () => (await page.getByTestId('queue-item').count()) === count + 1);
}
