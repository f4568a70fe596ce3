/**
 * jupyter_kernel_test's own suite, once against a kernel directly and once against the same kernel behind the hub: what
 * passes there passes here. The adapter is conformance/hub_client.py.
 */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { z } from 'zod';
import type { HubProcess } from '../end-to-end/support/hub-process.js';
import { startHub } from '../end-to-end/support/hub-process.js';
import type { Scratch } from '../end-to-end/support/scratch.js';
import { makeScratch } from '../end-to-end/support/scratch.js';
import { allKernelspecs } from './support/kernelspecs.js';

const suite = fileURLToPath(new URL('conformance/suite.py', import.meta.url));
const run = promisify(execFile);
const SUITE_MS = 240_000;

const kernels = [
  { kernel: 'ipykernel7', language: 'python', atLeast: 25 },
  { kernel: 'deno', language: 'typescript', atLeast: 10 },
];

describe.each(kernels)('jupyter_kernel_test over $kernel', ({ kernel, language, atLeast }) => {
  let scratch: Scratch;
  let hub: HubProcess;
  let jupyter: string;

  beforeAll(async () => {
    scratch = makeScratch();
    jupyter = allKernelspecs(scratch);
    hub = await startHub(scratch, { served: scratch.make('served'), kernelspecs: jupyter });
  });

  afterAll(() => scratch.end());

  /** The tests, by what became of them. */
  async function outcomes(name: string, behind: readonly string[]): Promise<Record<string, string>> {
    const python = process.env['COKERNEL_TEST_PYTHON'] ?? 'python3';
    // A history of its own: the kernels of both ways would find each other's.
    const own = { IPYTHONDIR: scratch.make(name), PYTHONDONTWRITEBYTECODE: '1', NODE_OPTIONS: '' };
    const env = { ...process.env, JUPYTER_PATH: jupyter, ...own };
    const { stdout } = await run(python, [suite, kernel, language, ...behind], { env, timeout: SUITE_MS });
    return z.record(z.string(), z.string()).parse(JSON.parse(stdout));
  }

  test(
    '[J5] [J6] a kernel behind the hub passes what it passes directly',
    async () => {
      const directly = await outcomes('directly', []);
      const behindTheHub = await outcomes('behind', [hub.url, hub.token]);
      const passed = Object.keys(directly).filter((name) => directly[name] === 'passed');
      expect(passed.length).toBeGreaterThanOrEqual(atLeast);
      expect(behindTheHub).toMatchObject(Object.fromEntries(passed.map((name) => [name, 'passed'])));
    },
    2 * SUITE_MS,
  );
});
