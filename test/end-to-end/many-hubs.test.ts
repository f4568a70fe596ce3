/**
 * Many hubs as a person runs them, behind nginx: two pages and a terminal on different hubs are in one room, and stay there
 * when the hub that leads is ended in order, and when it is killed.
 */
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { openBrowser, openNotebook, type NotebookPage } from './support/browser.js';
import { ClusterProgram } from './support/cluster-program.js';
import { freePort } from './support/free-port.js';
import { python } from './support/languages.js';
import { readCells, writeNotebook } from './support/notebook-file.js';
import { processesOf } from './support/processes.js';
import { repository } from './support/repository.js';
import { makeScratch, type Scratch } from './support/scratch.js';
import { openTerminal, type Terminal } from './support/terminal.js';
import { until } from './support/until.js';

let scratch: Scratch;

beforeEach(() => {
  scratch = makeScratch();
});

afterEach(() => scratch.end(), 60_000);

interface Meeting {
  readonly cluster: ClusterProgram;
  readonly ann: NotebookPage;
  readonly ben: NotebookPage;
  readonly cleo: Terminal;
}

const notebook = 'job.ipynb';

test('[P54] [P56] [X7] two pages and a terminal on different hubs behind nginx are one room; a leader that is told to end is missed by nobody, and of one that is killed nothing is lost', async () => {
  const meeting = await meet();
  await anEditAndARunReachAll(meeting);
  await theLeaderEnds(meeting, 'SIGTERM', 'first');
  const { cluster, ann, ben } = meeting;
  await theLeaderEnds(meeting, 'SIGKILL', 'second');
  for (const page of [ann, ben]) {
    expect([...page.faults, await errorsOf(page)]).toEqual(['']);
    expect(await page.page.getByRole('alert').count()).toBe(0);
    await page.page.locator('[data-testid="saving"][data-state="saved"]').waitFor();
  }
  expect(savedOutput('first')).toBe(whole);
  expect(savedOutput('second')).toBe(whole);
  expect(await cluster.stop()).toBe(0);
  expect(processesOf(scratch.folder).filter(({ command }) => /redis|nginx|keeper|main\.js/.test(command))).toEqual([]);
}, 180_000);

test('[P57] a hub that waits for the Redis in which hubs meet says so, and ends when it is told to', async () => {
  const env = {
    ...process.env,
    COKERNEL_DATA: join(scratch.folder, 'data'),
    COKERNEL_TOKEN: 'together',
    COKERNEL_PEER_ADDRESS: 'http://127.0.0.1:1',
    REDIS_URL: `redis://127.0.0.1:${await freePort()}`,
  };
  const hub = spawn(process.execPath, [repository.hub, scratch.make('served'), '--port', '0', '--no-open'], { env });
  scratch.atEnd(() => Promise.resolve(void hub.kill('SIGKILL')));
  let said = '';
  hub.stdout.on('data', (chunk: Buffer) => (said += chunk.toString()));
  const gone = once(hub, 'exit');
  await until('it says what it waits for', () => said.includes('is out of reach') && said.includes('trying again'));
  hub.kill('SIGTERM');
  expect(await gone).toEqual([0, null]);
}, 60_000);

async function meet(): Promise<Meeting> {
  const served = scratch.make('served');
  const cells = { typed: '1', first: python.waitsFor(signal('first')), second: python.waitsFor(signal('second')) };
  writeNotebook(join(served, notebook), python, cells);
  const cluster = await ClusterProgram.start(scratch, {
    served,
    kernelspecs: python.kernelspec(scratch),
    leaseMs: 1_000,
  });
  const browser = await openBrowser(scratch);
  const [ann, ben] = await pagesOnTwoHubs(cluster, browser);
  for (const page of [ann, ben]) await noteErrors(page);
  const relay = cluster.hubUrls.find((url) => url !== cluster.leader()) ?? '';
  const cleo = openTerminal(scratch, ['attach', cluster.hubPageUrl(relay, notebook), '--name', 'Cleo']);
  for (const page of [ann, ben]) {
    for (const name of ['Ann', 'Ben', 'Cleo']) await page.page.getByTestId(`person-${name}`).waitFor();
  }
  return { cluster, ann, ben, cleo };
}

/** The proxy chooses; whoever came to the same hub comes again. */
async function pagesOnTwoHubs(
  cluster: ClusterProgram,
  browser: Browser,
): Promise<readonly [NotebookPage, NotebookPage]> {
  const hubs: string[] = [];
  const open = (name: string): Promise<NotebookPage> =>
    openNotebook(browser, cluster.pageUrl(notebook, name), { watch: (page) => noteHub(page, hubs) });
  const ann = await open('Ann');
  const ben = await open('Ben');
  for (let sockets = hubs.length; hubs.at(-1) === hubs[0]; sockets = hubs.length) {
    await ben.page.reload();
    await until('the page’s new socket', () => hubs.length > sockets);
  }
  expect([hubs[0], hubs.at(-1)].sort()).toEqual(cluster.hubUrls.map((url) => new URL(url).host).sort());
  return [ann, ben];
}

/** By which hub each WebSocket of the page is answered. */
async function noteHub(page: Page, hubs: string[]): Promise<void> {
  const devTools = await page.context().newCDPSession(page);
  devTools.on('Network.webSocketHandshakeResponseReceived', ({ response }) => {
    hubs.push(response.headers['X-Cokernel-Hub'] ?? '');
  });
  await devTools.send('Network.enable');
}

async function anEditAndARunReachAll({ ann, ben, cleo }: Meeting): Promise<void> {
  await ann.write('typed', python.greet);
  await ben.shows('what Ann typed', async () => (await ben.source('typed')) === python.greet);
  await ben.run('typed');
  for (const page of [ann, ben]) {
    await page.shows('the output', async () => (await page.output('typed')).includes(python.greeting));
  }
  await cleo.shows(python.greeting);
}

/** In the middle of a cell; it goes on, all of its output is there, and people go on typing. */
async function theLeaderEnds(meeting: Meeting, how: 'SIGTERM' | 'SIGKILL', cell: string): Promise<void> {
  const { cluster, ann, ben, cleo } = meeting;
  await until('all hubs to serve', () => cluster.isWhole());
  const leader = cluster.leader();
  const before = cleo.raw().split('line 99').length;
  await ann.run(cell);
  await ben.shows('the beginning of the cell', async () => (await ben.output(cell)).includes('first'));
  await cluster.endHub(leader, how);
  // The proxy knows of nothing: every second request meets the hub that is gone, and is passed on.
  expect(await Promise.all([1, 2, 3, 4].map(() => cluster.status('/api/hub/status')))).toEqual([200, 200, 200, 200]);
  const text = `"typed after ${how}"`;
  await ann.write('typed', text);
  writeFileSync(signal(cell), '');
  for (const page of [ann, ben]) {
    await page.shows('the whole output', async () => (await page.output(cell)).trim() === whole.trim());
    await page.shows('what Ann typed meanwhile', async () => (await page.source('typed')) === text);
    await page.page.locator('[data-testid="connection"][data-state="connected"]').waitFor();
  }
  // One that is killed may be back before its lease ends, and then claims the folder as any other.
  if (how === 'SIGTERM') expect(cluster.leader()).not.toBe(leader);
  await until('the terminal to show it too', () => cleo.raw().split('line 99').length > before, { state: cleo.text });
}

const whole = `first\n${Array.from({ length: 100 }, (_, n) => `line ${n}\n`).join('')}last\n`;

function signal(cell: string): string {
  return join(scratch.folder, `${cell}-goes-on`);
}

function savedOutput(cell: string): string | undefined {
  return readCells(join(scratch.folder, 'served', notebook)).find(({ id }) => id === cell)?.text;
}

/** Keeps in the page what errors it has shown, also those that went again. */
async function noteErrors({ page }: NotebookPage): Promise<void> {
  await page.evaluate(() => {
    const note = (): void => {
      const shown = [...document.querySelectorAll('[role="alert"][data-tone="error"]')]
        .map((alert) => alert.textContent)
        .join();
      const noted = document.body.dataset['errors'] ?? '';
      if (shown !== '' && !noted.includes(shown)) document.body.dataset['errors'] = noted + shown;
    };
    note();
    new MutationObserver(note).observe(document.body, { subtree: true, childList: true, characterData: true });
  });
}

function errorsOf({ page }: NotebookPage): Promise<string> {
  return page.evaluate(() => document.body.dataset['errors'] ?? '');
}
