/** Two people in one notebook: coming in, the same cell run by both, a cell edited while it waits, an interrupt. */
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { join } from 'node:path';
import { openBrowser, openNotebook, type NotebookPage } from './support/browser.js';
import { startHub, type HubProcess } from './support/hub-process.js';
import { python } from './support/languages.js';
import { writeNotebook } from './support/notebook-file.js';
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

test('[M3] [X12] [M4] [X11] [M7] [X10] a cell that two run runs once, as it was when queued, and an interrupt ends one run alone', async () => {
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
  await ben.write('second', 'print("edi" + "ted")');
  await ann.shows('that the cell has changed', async () => /changed/.test(await ann.cell('second').innerText()));
  await ann.page.getByTestId('interrupt').click();
  await ann.shows('the interrupt', async () => (await ann.output('long')).includes('KeyboardInterrupt'));
  for (const page of [ann, ben]) {
    await page.shows('Ann’s text as it was queued', async () => (await page.output('second')).trim() === 'as queued');
    await page.shows('Ben’s run', async () => (await page.output('third')).trim() === 'of Ben');
  }
}, 120_000);

/** The queue shows one run that goes on, and so many that wait. */
async function waiting({ page, shows }: NotebookPage, count: number): Promise<void> {
  await shows(`${count} waiting`, async () => (await page.getByTestId('queue-item').count()) === count + 1);
}
