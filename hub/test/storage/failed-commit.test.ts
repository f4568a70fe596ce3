/** A queue whose file can't grow any more: a real one, in a process that the system lets write no larger file. */
import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from '@jest/globals';

const writer = fileURLToPath(new URL('../support/write-beyond-limit.ts', import.meta.url));

test('[X11] a commit that fails refuses the steps that were in it, with the cause, and does not end the hub', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'cokernel-limit-'));
  const { NODE_OPTIONS: _jest, ...env } = process.env;
  try {
    const command = 'ulimit -f 300; exec "$0" --import tsx "$1" "$2"';
    const { stdout } = await promisify(execFile)('sh', ['-c', command, process.execPath, writer, folder], { env });
    const { taken, name, cause, steps } = JSON.parse(stdout) as Record<string, unknown>;
    expect(taken).toBeGreaterThan(0);
    expect(name).toBe('QueueUnavailable');
    expect(cause).toMatch(/^Error: (Input\/output error|File too large)/);
    expect(steps).toEqual(['rejected', 'rejected', 'rejected']);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});
