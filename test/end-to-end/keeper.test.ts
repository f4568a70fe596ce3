/** The keeper as it is built and started by a hub. */
import { execFileSync } from 'node:child_process';
import { afterEach, expect, test } from '@jest/globals';
import { startHub } from './support/hub-process.js';
import { processesOf } from './support/processes.js';
import { makeScratch, type Scratch } from './support/scratch.js';
import { until } from './support/until.js';

let scratch: Scratch;

afterEach(() => scratch.end());

test('an idle keeper stays under 80 MB of memory', async () => {
  scratch = makeScratch();
  await startHub(scratch, { served: scratch.make('served'), kernelspecs: scratch.make('kernelspecs') });
  const pid = await until('the keeper', () => {
    return processesOf(scratch.folder).find(({ command }) => command.includes('keeper.js'))?.pid;
  });
  const mebibytes = Number(execFileSync('ps', ['-o', 'rss=', '-p', String(pid)], { encoding: 'utf8' })) / 1024;
  expect(mebibytes).toBeGreaterThan(10);
  expect(mebibytes).toBeLessThan(80);
});
