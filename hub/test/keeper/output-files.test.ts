/** Files that kernels write their output into stay within their bound. */
import { spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { appendFile, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { cutToTail, OutputFiles } from '../../src/keeper/output-files.js';
import { tailOf } from '../../src/keeper/running-process.js';
import { scratchFolder, type ScratchFolder } from '../support/scratch-folder.js';
import { waitUntil } from '../support/wait-until.js';

let folder: ScratchFolder;
beforeEach(async () => {
  folder = await scratchFolder();
});
afterEach(() => folder.remove());

describe('cutToTail', () => {
  test('leaves a file within its bound alone, and cuts one past it down to its last lines', async () => {
    const path = join(folder.path, 'out.log');
    await writeFile(path, '012\n456\n8\n');
    cutToTail(path, 10, 7);
    expect(await readFile(path, 'utf8')).toBe('012\n456\n8\n');
    await appendFile(path, 'abc\n');
    cutToTail(path, 10, 7);
    expect(await readFile(path, 'utf8')).toBe('8\nabc\n');
  });

  test('keeps bytes that are no lines', async () => {
    const path = join(folder.path, 'out.log');
    await writeFile(path, '0123456789');
    cutToTail(path, 9, 4);
    expect(await readFile(path, 'utf8')).toBe('6789');
  });

  test('leaves the tail that a death is told with, though its process began beyond the new end', async () => {
    const path = join(folder.path, 'err.log');
    await writeFile(path, 'of another\n'.repeat(10));
    const began = (await stat(path)).size;
    await appendFile(path, 'its own\n');
    expect(await tailOf(path, began)).toBe('its own\n');
    cutToTail(path, 10, 9);
    expect(await tailOf(path, began)).toBe('its own\n');
  });

  test('makes no file where there is none', () => {
    expect(() => cutToTail(join(folder.path, 'none.log'), 10, 4)).toThrow('ENOENT');
  });
});

describe('OutputFiles', () => {
  test('a program that writes without end has a small file with the newest in it', async () => {
    const path = join(folder.path, 'out.log');
    const descriptor = openSync(path, 'a', 0o600);
    // What is written in the moment of a cut is lost, so the last line comes again and again.
    const code =
      'const { writeSync } = require("fs"); for (let n = 0; n < 200000; n += 1) writeSync(1, `line ${n}\\n`); setInterval(() => writeSync(1, "line 199999\\n"), 20)';
    const child = spawn(process.execPath, ['-e', code], { stdio: ['ignore', descriptor, 'ignore'] });
    closeSync(descriptor);
    const files = new OutputFiles({
      paths: () => [join(folder.path, 'none.log'), path],
      maxBytes: 50_000,
      keepBytes: 10_000,
      everyMs: 1,
      log: (_level, message) => {
        throw new Error(message);
      },
    });
    files.start();
    try {
      await waitUntil('all is written', async () => (await readFile(path, 'utf8')).endsWith('line 199999\n'));
      await waitUntil('the file is small', async () => (await stat(path)).size <= 50_000);
    } finally {
      files.stop();
      files.stop();
      child.kill('SIGKILL');
    }
    const lines = (await readFile(path, 'utf8')).trimEnd().split('\n');
    expect(lines.every((line) => /^line \d+$/.test(line))).toBe(true);
    expect(((await stat(path)).mode & 0o777).toString(8)).toBe('600');
  });
});
