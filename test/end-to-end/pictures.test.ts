/**
 * What a person sees, as pictures: two people and a terminal in the welcome notebook, in light and in dark, and the
 * folder's page. They go to docs/pictures only when COKERNEL_PICTURES=1, so that a test run changes no file.
 */
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { cpSync, mkdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { openBrowser, openNotebook, type NotebookPage } from './support/browser.js';
import { startHub, type HubProcess } from './support/hub-process.js';
import { pythonKernelspec } from './support/kernelspecs.js';
import { repository } from './support/repository.js';
import { makeScratch, type Scratch } from './support/scratch.js';
import { openTerminal } from './support/terminal.js';

let scratch: Scratch;

beforeEach(() => {
  scratch = makeScratch();
});

afterEach(() => scratch.end(), 60_000);

test('the welcome notebook is drawn for two people and a terminal, in light and in dark, with nothing fetched from elsewhere', async () => {
  const served = scratch.make('served');
  cpSync(repository.examples, served, { recursive: true });
  const hub = await startHub(scratch, { served, kernelspecs: pythonKernelspec(scratch) });
  const browser = await openBrowser(scratch);
  const folder = process.env['COKERNEL_PICTURES'] === '1' ? repository.pictures : scratch.make('pictures');
  mkdirSync(folder, { recursive: true });
  const pages = await meet(hub, browser);
  for (const cell of ['slowly', 'plot', 'table', 'error']) await runIn(pages.light, cell);
  await pages.dark.shows('the error', async () => (await pages.dark.output('error')).includes('KeyError'));
  for (const [name, { page, faults, cell }] of Object.entries(pages)) {
    for (const place of ['welcome', 'plot', 'error']) {
      await cell(place).scrollIntoViewIfNeeded();
      await picture(page, join(folder, `${place}-${name}.png`));
    }
    expect(faults).toEqual([]);
  }
  await pages.light.page.goto(`${hub.url}/?token=${hub.token}&name=Ann`);
  await pages.light.page.getByTestId('file-welcome.ipynb').waitFor();
  await picture(pages.light.page, join(folder, 'files.png'));
}, 180_000);

async function meet(hub: HubProcess, browser: Browser): Promise<Record<'light' | 'dark', NotebookPage>> {
  const url = (name: string): string => hub.pageUrl('welcome.ipynb', name);
  const light = await openNotebook(browser, url('Ann'), { colorScheme: 'light' });
  const dark = await openNotebook(browser, url('Ben'), { colorScheme: 'dark' });
  const cleo = openTerminal(scratch, [
    'attach',
    `${hub.url}/notebooks/welcome.ipynb?token=${hub.token}`,
    '--name',
    'Cleo',
  ]);
  await cleo.shows(/Ann/);
  await light.page.getByTestId('person-Cleo').waitFor();
  return { light, dark };
}

async function runIn(page: NotebookPage, cell: string): Promise<void> {
  await page.cell(cell).scrollIntoViewIfNeeded();
  await page.run(cell);
  await page.shows(
    `the output of ${cell}`,
    async () => (await page.cell(cell).locator('.jp-OutputArea-output').count()) > 0,
  );
}

async function picture(page: Page, file: string): Promise<void> {
  await page.screenshot({ path: file });
  // A page that shows nothing compresses to a few kilobytes.
  expect(statSync(file).size).toBeGreaterThan(10_000);
}
