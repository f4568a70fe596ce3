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

afterEach(() => scratch.end());

test('the welcome notebook is drawn for two people and a terminal, in light and in dark, with nothing fetched from elsewhere', async () => {
  const served = scratch.make('served');
  cpSync(repository.examples, served, { recursive: true });
  const hub = await startHub(scratch, { served, kernelspecs: pythonKernelspec(scratch) });
  const browser = await openBrowser(scratch);
  const folder = process.env['COKERNEL_PICTURES'] === '1' ? repository.pictures : scratch.make('pictures');
  mkdirSync(folder, { recursive: true });
  const pages = await meet(hub, browser);
  await pictureOfARun(pages, join(folder, 'run.png'));
  for (const cell of ['table', 'error']) await runIn(pages.light, cell);
  for (const [name, page] of Object.entries(pages)) {
    await page.shows('the error', async () => (await page.output('error')).includes('KeyError'));
    await page.page.locator('[data-testid="saving"][data-state="saved"]').waitFor();
    for (const place of ['welcome', 'plot', 'error']) {
      await page.cell(place).evaluate(showInTheMiddle);
      await picture(page.page, join(folder, `${place}-${name}.png`));
    }
    expect(page.faults).toEqual([]);
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

/** In the middle of a cell that Ann runs, while Ben's cell waits and Ben writes. */
async function pictureOfARun({ light, dark }: Record<'light' | 'dark', NotebookPage>, file: string): Promise<void> {
  await light.run('slowly');
  await light.page.locator('[data-cell-id="slowly"][data-run-state="running"]').waitFor();
  await dark.run('plot');
  await light.page.getByTestId('queue-item').nth(1).waitFor();
  await dark.cell('slowly').locator('.cm-line').nth(3).click();
  await light.page.locator('[data-cell-id="slowly"] .cm-ySelectionCaret').first().waitFor();
  await light.cell('together').evaluate(showInTheMiddle);
  await picture(light.page, file);
  await light.shows('Ben’s plot', async () => (await light.cell('plot').locator('svg').count()) > 0);
}

/** Runs inside the page. */
function showInTheMiddle(node: Element): void {
  node.scrollIntoView({ block: 'center' });
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
