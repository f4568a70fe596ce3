import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { execFile } from 'node:child_process';
import { createReadStream, existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { chromium, type Browser } from 'playwright-core';
import { sourceHash } from '@cokernel/proto/hub';
import { neededProgram } from '../../../test/end-to-end/support/program.js';
import type { scenarios } from './harness/harness.js';

const here = fileURLToPath(new URL('.', import.meta.url));
const vite = fileURLToPath(new URL('../../../node_modules/vite/bin/vite.js', import.meta.url));
const contentTypes: Readonly<Record<string, string>> = {
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.css': 'text/css',
};

let folder: string;
let server: Server;
let browser: Browser;

/** Serves what was built; no policy forbids scripts here, so that only the renderers keep them out. */
function serve(): Promise<Server> {
  const files = createServer((request, response) => {
    const path = join(folder, new URL(request.url ?? '/', 'http://local').pathname);
    const file = extname(path) === '' ? join(path, 'index.html') : path;
    if (!existsSync(file)) return void response.writeHead(404).end();
    response.writeHead(200, { 'content-type': contentTypes[extname(file)] ?? 'application/octet-stream' });
    createReadStream(file).pipe(response);
  });
  return new Promise((resolve) => files.listen(0, '127.0.0.1', () => resolve(files)));
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cokernel-web-'));
  const config = join(here, 'harness', 'vite.config.ts');
  await promisify(execFile)(process.execPath, [vite, 'build', '--config', config, '--outDir', folder, '--emptyOutDir']);
  server = await serve();
  const executablePath = neededProgram('chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable');
  const sandbox = process.getuid?.() === 0 ? ['--no-sandbox'] : [];
  browser = await chromium.launch({ executablePath, headless: true, args: ['--disable-gpu', ...sandbox] });
}, 120_000);

afterAll(async () => {
  await browser.close();
  await new Promise((resolve) => server.close(resolve));
  await rm(folder, { recursive: true, force: true });
});

/** Plays one scenario in a fresh page. */
async function play(name: keyof typeof scenarios): Promise<unknown> {
  const page = await browser.newPage();
  try {
    const address = server.address();
    if (address === null || typeof address === 'string') throw new Error('the server has no port');
    await page.goto(`http://127.0.0.1:${String(address.port)}/`);
    await page.waitForFunction(() => 'play' in window);
    return await page.evaluate((scenario) => window.play(scenario), name);
  } finally {
    await page.close();
  }
}

test('[J17] outputs show as the document holds them, whichever changes, and nothing is written back', async () => {
  const seen = await play('outputs');
  const stream = (text: string): unknown => ({ output_type: 'stream', name: 'stdout', text });
  const display = (text: string): unknown => ({
    output_type: 'display_data',
    data: { 'text/plain': text },
    metadata: {},
  });
  const steps = [
    [stream('a\nb\n'), display('1'), stream('z\n')],
    [stream('a\nb\n'), display('2'), stream('z\n')],
    [stream('new\nline\n'), display('3')],
    [display('3')],
  ];
  expect(seen).toEqual({ pairs: steps.map((step) => [step, step]), writes: [] });
});

test('a cell that is run again shows all that it prints', async () => {
  const both = ['new 1\nnew 2\n', 'new 1\nnew 2\n'];
  expect(await play('rerun')).toEqual({ drawn: [both, both], writes: [] });
});

test('[X6] a page that watches a run writes nothing of it: the count comes while the cell runs on', async () => {
  expect(await play('running')).toEqual({
    during: { prompt: '[*]:', state: 'running' },
    after: '[7]:',
    writes: [],
  });
});

test('run all asks the hub once, for the code cells that have text', async () => {
  const calls = await play('runAll');
  const cells = ['a = 1', 'b = 2'].map((source) => ({ cellId: expect.any(String), sourceHash: sourceHash(source) }));
  expect(calls).toEqual([{ name: 'run', params: { requestId: expect.any(String), cells } }]);
});

test('no script of an output runs, though its cell calls itself trusted', async () => {
  expect(await play('scripts')).toEqual({ shown: 'shown', ran: null });
});

test('what the document has no room for is fetched and shown without its scripts; what is missing can be tried again', async () => {
  expect(await play('stored')).toEqual({
    trouble: "This output can't be shown: it is not kept any more. Try again",
    shown: 'whole',
    ran: null,
    bar: 'stdout: 6.6 MB so farShow allDownload',
    opened: ['stdout'],
  });
});

test('[X3] a cell that is the file’s version of another says of which, and one is kept, in one step that can be undone', async () => {
  const elsewhere = 'The file’s version of cell 3, which was changed here too';
  const gone = 'The file’s version of a cell that is gone here';
  expect(await play('conflicts')).toEqual({
    said: [`${elsewhere} | Keep this | Keep the other`, `${gone} | Keep this | Delete this`],
    writes: 0,
    kept: ['between', 'file', 'x'],
    undone: ['file', 'between', 'here', 'x'],
    left: ['file', 'between', 'here'],
    asViewer: [elsewhere, gone],
  });
});

test('Tab while the kernel is busy says so, and the list comes when it is free; positions count code points', async () => {
  expect(await play('busyCompletion')).toEqual({
    tip: 'kernel busy: completions come when it is free',
    asked: { name: 'complete', params: { code: '"😀"; pri', cursorPos: 8 } },
    option: 'print',
    tipAfter: null,
    text: '"😀"; print',
  });
});

test("[X17] undo takes back one's own typing and leaves another person's", async () => {
  expect(await play('undo')).toEqual({
    typed: 'mine start\n',
    undone: 'theirs start\n',
    shown: 'theirs start\n',
  });
});
