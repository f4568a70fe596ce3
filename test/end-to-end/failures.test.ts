/** What people are shown when something fails: one banner for all in the room, with the reason, and a line at the terminal. */
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openBrowser, openNotebook, type NotebookPage } from './support/browser.js';
import { freePort } from './support/free-port.js';
import { startHub, type HubOptions, type HubProcess } from './support/hub-process.js';
import { python } from './support/languages.js';
import { writeNotebook } from './support/notebook-file.js';
import { processesOf } from './support/processes.js';
import { makeScratch, type Scratch } from './support/scratch.js';
import { openTerminal, type Terminal } from './support/terminal.js';
import { until } from './support/until.js';

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

interface Meeting {
  readonly options: HubOptions;
  readonly ann: NotebookPage;
  readonly cleo: Terminal;
}

const FOR_EVER = 'import time\nprint("began", flush=True)\nwhile True: time.sleep(0.02)';

/** A page and a terminal, and a cell that has run. */
async function meet(): Promise<Meeting & { readonly hub: HubProcess }> {
  const served = scratch.make('served');
  writeNotebook(join(served, 'job.ipynb'), python, { one: 'x = "made"\nx', two: 'x', long: FOR_EVER });
  const options = { served, kernelspecs: python.kernelspec(scratch), port: await freePort() };
  const hub = await startHub(scratch, options);
  const ann = await openNotebook(await openBrowser(scratch), hub.pageUrl('job.ipynb', 'Ann'));
  const cleo = openTerminal(scratch, ['attach', hub.pageUrl('job.ipynb', 'Cleo'), '--name', 'Cleo']);
  await ann.page.getByTestId('person-Cleo').waitFor();
  await ran(ann, 'one', 'made');
  return { options, hub, ann, cleo };
}

/** Until nothing runs any more. */
async function ran(page: NotebookPage, cell: string, output: string): Promise<void> {
  await page.run(cell);
  await page.shows('the output', async () => (await page.output(cell)).includes(output));
  await page.shows('an empty queue', async () => (await page.page.getByTestId('queue-item').count()) === 0);
}

/** What the end of their machine does to hub, keeper and kernel; then the hub is started anew, and `line` is said once more. */
async function machineIsLost({ options, cleo }: Meeting, hub: HubProcess, line: RegExp): Promise<HubProcess> {
  const count = (): number => cleo.text().match(line)?.length ?? 0;
  const before = count();
  await hub.kill('SIGKILL');
  const left = processesOf(scratch.folder).filter(({ command }) => /keeper\.js|ipykernel/.test(command));
  expect(left.length).toBeGreaterThan(1);
  for (const { pid } of left) process.kill(pid, 'SIGKILL');
  const next = await startHub(scratch, options);
  await until('the terminal to say so', () => count() === before + 1, { state: () => cleo.text() });
  return next;
}

async function idle({ page }: NotebookPage): Promise<void> {
  await page.locator('[data-testid="kernel-status"][data-status="idle"]').waitFor({ timeout: 60_000 });
}

test('[M9] [P58] a kernel that is gone with its machine is told at page and terminal, and one press or /kernel starts a fresh one', async () => {
  const meeting = await meet();
  const { ann, cleo } = meeting;
  const goneLine = /the kernel is gone: .*; \/kernel starts a fresh one/g;
  const gone = ann.page.locator('[data-banner="gone"]');
  expect(await gone.count()).toBe(0);

  const second = await machineIsLost(meeting, meeting.hub, goneLine);
  await gone.waitFor({ timeout: 60_000 });
  expect(await gone.innerText()).toContain('What was in its memory is lost; the notebook is as it was.');
  expect(await ann.output('one')).toContain('made');
  await gone.getByRole('button', { name: 'Start a fresh kernel' }).click();
  await gone.waitFor({ state: 'detached' });
  await idle(ann);
  // It has no memory.
  await ran(ann, 'two', 'NameError');

  const third = await machineIsLost(meeting, second, goneLine);
  await gone.waitFor({ timeout: 60_000 });
  cleo.type('/kernel\r');
  await gone.waitFor({ state: 'detached' });
  await idle(ann);
  cleo.type('/kernel\r');
  await cleo.shows(/there is one: Python 3 idle/);

  await ann.run('long');
  await ann.shows('that it runs', async () => (await ann.output('long')).includes('began'));
  await machineIsLost(meeting, third, /the kernel died/g);
  const died = ann.page.locator('[data-banner="dead"]');
  await died.getByRole('button', { name: 'Start it again' }).click({ timeout: 60_000 });
  await died.waitFor({ state: 'detached' });
  await idle(ann);
}, 180_000);
