/**
 * What two people in one notebook go back to: outputs of which the document has no room for all, which are shown, searched
 * and kept; and versions, which are looked at, compared, restored and taken back.
 */
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { join } from 'node:path';
import type { Locator } from 'playwright-core';
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

/** More than a document has room for, as text and as a table. */
const long = `from IPython.display import display
print("\\n".join(f"line {i} of many" for i in range(60_000)))
display({"text/html": "<b>the table</b>" + "<i>.</i>" * 12_000, "text/plain": "no table"}, raw=True)`;

async function hubWithNotebook(): Promise<HubProcess> {
  const served = scratch.make('served');
  writeNotebook(join(served, 'job.ipynb'), python, { draft: 'x = 1', long });
  return startHub(scratch, { served, kernelspecs: python.kernelspec(scratch) });
}

test('[P38] [P40] [P41] [P43] a large output is shown and searched, and so it is in a version, which is compared, restored and taken back', async () => {
  const hub = await hubWithNotebook();
  const browser = await openBrowser(scratch);
  const ann = await openNotebook(browser, hub.pageUrl('job.ipynb', 'Ann'));
  const ben = await openNotebook(browser, hub.pageUrl('job.ipynb', 'Ben'));
  const versions = ben.page.getByTestId('version');

  await ann.run('long');
  for (const page of [ann, ben]) await showsLongOutput(page);
  await searchIn(ann, ann.cell('long'));
  await ben.shows('the version after the run', async () => (await versions.count()) === 1);

  await ann.write('draft', 'x = 2');
  await ann.write('long', 'print("short")');
  await ann.run('long');
  for (const page of [ann, ben]) await showsShortOutput(page, 'x = 2');
  await ben.shows('the next version', async () => (await versions.count()) === 2);

  await versions.last().getByRole('button').click();
  await showsChanges(ben);
  await looksAtVersion(ben);
  await ben.page.getByTestId('restore-version').click();
  for (const page of [ann, ben]) {
    await page.shows('the restored text', async () => (await page.source('draft')) === 'x = 1');
    await showsLongOutput(page);
  }
  await ben.page.getByRole('button', { name: 'Undo' }).click();
  for (const page of [ann, ben]) await showsShortOutput(page, 'x = 2');
  await leaveForTheFiles(ann);
  expect([...ann.faults, ...ben.faults]).toEqual([]);
}, 180_000);

async function leaveForTheFiles({ page }: NotebookPage): Promise<void> {
  await page.getByRole('link', { name: 'Files' }).click();
  await page.getByTestId('file-job.ipynb').waitFor();
}

async function showsLongOutput({ cell, shows }: NotebookPage): Promise<void> {
  await shows('how much was printed', async () => /stdout: [\d.]+ MB in all/.test(await cell('long').innerText()));
  await showsTable(cell('long'));
}

/** What is large is fetched when it is seen. */
async function showsTable(place: Locator): Promise<void> {
  await place.locator('.ck-stored').scrollIntoViewIfNeeded();
  await place.locator('.jp-RenderedHTML b').getByText('the table').waitFor();
}

async function showsShortOutput({ source, output, shows }: NotebookPage, draft: string): Promise<void> {
  await shows('the short output alone', async () => (await output('long')).trim() === 'short');
  await shows('the other text', async () => (await source('draft')) === draft);
}

/** Opens the whole text that was printed there, and finds a line of which the document has nothing. */
async function searchIn({ page, shows }: NotebookPage, place: Locator): Promise<void> {
  await place.getByRole('button', { name: 'Show all' }).click();
  const viewer = page.getByTestId('text-viewer');
  await viewer.getByRole('searchbox').fill('line 43210 of');
  await viewer.getByRole('searchbox').press('Enter');
  await viewer.getByTestId('text-matches').getByRole('button').click();
  const text = viewer.getByTestId('text-pages');
  await shows('the line', async () => (await text.innerText()).startsWith('line 43210 of many'));
  await viewer.getByRole('button', { name: 'Close' }).click();
  await viewer.waitFor({ state: 'detached' });
}

async function showsChanges({ page }: NotebookPage): Promise<void> {
  const [draft, other] = [0, 1].map((index) => page.getByTestId('difference').locator('section').nth(index));
  await draft?.waitFor();
  expect(await draft?.locator('h3').innerText()).toBe('Code cell edited');
  expect(await draft?.locator('[data-in]').allTextContents()).toEqual(['− x = 1\n', '+ x = 2\n']);
  expect(await other?.locator('h3').innerText()).toBe('Code cell edited, outputs changed');
}

async function looksAtVersion(ben: NotebookPage): Promise<void> {
  await ben.page.getByTestId('look-at-version').click();
  const then = ben.page.getByTestId('version-notebook');
  await ben.shows('the text then', async () => (await then.innerText()).includes('x = 1'));
  await showsTable(then);
  await searchIn(ben, then);
  await then.locator('.cm-content').first().click();
  await ben.page.keyboard.type('y');
  expect(await then.locator('.cm-content').first().innerText()).toBe('x = 1');
}
