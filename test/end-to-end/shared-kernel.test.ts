/** Two notebooks on one kernel, by the page's kernel menu: who shares it, what it uses, and its end for both. */
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { join } from 'node:path';
import { openBrowser, openNotebook, type NotebookPage } from './support/browser.js';
import { startHub } from './support/hub-process.js';
import { python } from './support/languages.js';
import { writeNotebook } from './support/notebook-file.js';
import { makeScratch, type Scratch } from './support/scratch.js';

let scratch: Scratch;

beforeEach(() => {
  scratch = makeScratch();
});

afterEach(() => scratch.end());

const kernelOf = ({ page }: NotebookPage) => page.getByTestId('kernel-status');

async function kernelShows(notebook: NotebookPage, wanted: RegExp): Promise<void> {
  await notebook.shows(String(wanted), async () => wanted.test(await kernelOf(notebook).innerText()));
}

test('[P34] [P35] a notebook shares a running kernel by the menu, and asks before it takes it from the other', async () => {
  const served = scratch.make('served');
  // The cells have the same ids, as those of a copied notebook have.
  writeNotebook(join(served, 'a.ipynb'), python, {
    one: 'x = 6 * 7',
    two: python.waitsFor(join(scratch.folder, 'go')),
  });
  writeNotebook(join(served, 'b.ipynb'), python, { one: 'print("x is", x)', two: 'print("b")' });
  const hub = await startHub(scratch, { served, kernelspecs: python.kernelspec(scratch) });
  const browser = await openBrowser(scratch);
  const ann = await openNotebook(browser, hub.pageUrl('a.ipynb', 'Ann'));
  await ann.run('one');
  await kernelShows(ann, /ready · \d+ MB · \d+ %/);
  const ben = await openNotebook(browser, hub.pageUrl('b.ipynb', 'Ben'));
  await kernelOf(ben).click();
  await ben.page.getByRole('menuitem', { name: /^Share .*a\.ipynb/ }).click();
  await kernelShows(ben, /shared with a\.ipynb/);
  await kernelShows(ann, /shared with b\.ipynb/);
  await ben.run('one');
  await ben.shows('what Ann has in memory', async () => (await ben.output('one')).includes('x is 42'));
  await ann.run('two');
  await ben.shows('whose notebook runs', () => ben.page.getByText('in a.ipynb').isVisible());
  expect(await ben.cell('two').getAttribute('data-run-state')).toBe('idle');
  await kernelOf(ben).click();
  await ben.page.getByTestId('stop-kernel').click();
  await ben.page.getByText('a.ipynb uses it too, and loses its variables.').waitFor();
  await ben.page.getByTestId('stop-confirm').click();
  for (const notebook of [ann, ben]) {
    await notebook.page.getByText('The kernel was shut down by Ben.').waitFor();
    await kernelShows(notebook, /No kernel/);
    expect(notebook.faults).toEqual([]);
  }
  await ann.shows('that the run was stopped', async () => /stopped/.test(await ann.cell('two').innerText()));
}, 120_000);
