/** What people are shown when something fails: one banner for all in the room, with the reason. */
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openBrowser, openNotebook } from './support/browser.js';
import { startHub } from './support/hub-process.js';
import { python } from './support/languages.js';
import { writeNotebook } from './support/notebook-file.js';
import { makeScratch, type Scratch } from './support/scratch.js';

let scratch: Scratch;

beforeEach(() => {
  scratch = makeScratch();
});

afterEach(() => scratch.end());

/** A kernelspec under Python's name whose program ends at once with a word on stderr. */
function brokenKernelspec(): string {
  const jupyter = scratch.make('jupyter');
  const folder = join(jupyter, 'kernels', python.specName);
  mkdirSync(folder, { recursive: true });
  const script = "process.stderr.write('the license server does not answer\\n'); process.exit(3)";
  const spec = {
    argv: [process.execPath, '-e', script, '{connection_file}'],
    display_name: 'Broken',
    language: 'python',
  };
  writeFileSync(join(folder, 'kernel.json'), JSON.stringify(spec));
  return jupyter;
}

test('[X20] [M9] a kernel that does not start is told to all in the room, with its last words', async () => {
  const served = scratch.make('served');
  writeNotebook(join(served, 'job.ipynb'), python, { one: '1 + 1' });
  const hub = await startHub(scratch, { served, kernelspecs: brokenKernelspec() });
  const browser = await openBrowser(scratch);
  const ann = await openNotebook(browser, hub.pageUrl('job.ipynb', 'Ann'));
  const ben = await openNotebook(browser, hub.pageUrl('job.ipynb', 'Ben'));
  await ann.run('one');
  for (const { page } of [ann, ben]) {
    const banner = page.getByTestId('banner');
    await banner.waitFor({ timeout: 60_000 });
    expect(await banner.innerText()).toContain('the license server does not answer');
    await page.locator('[data-testid="kernel-status"][data-status="failed"]').waitFor();
  }
}, 120_000);

test('a notebook that is no JSON is named with its line, is left as it was, and the rest of the folder works', async () => {
  const served = scratch.make('served');
  const broken = '{\n "cells": [\n}\n';
  writeFileSync(join(served, 'broken.ipynb'), broken);
  writeNotebook(join(served, 'sound.ipynb'), python, { one: '1 + 1' });
  const hub = await startHub(scratch, { served, kernelspecs: brokenKernelspec() });
  const browser = await openBrowser(scratch);
  const page = await (await browser.newContext()).newPage();
  await page.goto(hub.pageUrl('broken.ipynb', 'Ann'));
  await page
    .getByText(/line 3/)
    .first()
    .waitFor();
  const sound = await openNotebook(browser, hub.pageUrl('sound.ipynb', 'Ann'));
  expect(await sound.source('one')).toBe('1 + 1');
  expect(readFileSync(join(served, 'broken.ipynb'), 'utf8')).toBe(broken);
}, 120_000);
