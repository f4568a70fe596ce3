/** `npm start` as a person types it, on a clone that was set up before. */
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync } from 'node:fs';
import { pythonKernelspec } from './support/kernelspecs.js';
import { repository } from './support/repository.js';
import { makeScratch, type Scratch } from './support/scratch.js';
import { until } from './support/until.js';

let scratch: Scratch;

beforeEach(() => {
  scratch = makeScratch();
});

afterEach(() => scratch.end());

interface Started {
  readonly url: string;
  readonly told: string;
  stop(): Promise<number | null>;
}

/** Starts it with this argument for the folder, seen from the scratch folder. */
async function start(folder: string, kernelspecs: string): Promise<Started> {
  const args = [`${repository.root}scripts/start.mjs`, folder, '--port', '0', '--token', 'T', '--no-open'];
  const { REDIS_URL: _outer, NODE_OPTIONS: _jest, ...outer } = process.env;
  const own = {
    COKERNEL_DATA: scratch.make('data'),
    JUPYTER_PATH: kernelspecs,
    INIT_CWD: scratch.folder,
  };
  const child = spawn(process.execPath, args, { cwd: repository.root, env: { ...outer, ...own } });
  let said = '';
  let told = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (said += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (told += text));
  const stop = async (): Promise<number | null> => {
    if (child.exitCode !== null) return child.exitCode;
    const gone = once(child, 'exit');
    child.kill('SIGINT');
    await gone;
    return child.exitCode;
  };
  scratch.atEnd(async () => {
    await stop();
  });
  const url = await until('the address', () => /http:\/\/[\d.:]+/.exec(said)?.[0], {
    withinMs: 120_000,
    state: () => said + told,
  });
  return { url, told, stop };
}

test('a folder is named from where the person is, the address answers, and a second start finds nothing to set up', async () => {
  cpSync(repository.examples, scratch.make('mine'), { recursive: true });
  const kernelspecs = pythonKernelspec(scratch);
  const first = await start('mine', kernelspecs);
  const answer = await fetch(`${first.url}/api/contents/welcome.ipynb?content=0&token=T`);
  expect(await answer.json()).toMatchObject({ path: 'welcome.ipynb', type: 'notebook' });
  expect(await first.stop()).toBe(0);
  const second = await start('mine', kernelspecs);
  expect((await fetch(`${second.url}/api`)).status).toBe(200);
  expect(second.told).not.toContain('set-up');
  expect(await second.stop()).toBe(0);
}, 180_000);
