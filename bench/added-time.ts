/**
 * Added time: from `run` to the output in a client's document, against the same code on bare ZeroMQ (Node, from the
 * request to reply and idle). All take turns in one run, bare and hub each over an ipykernel of the same Python.
 * Prints one JSON line a figure. Argument: the number of rounds (default 300). Environment: COKERNEL_TEST_PYTHON (a Python
 * with ipykernel, whose kernelspec the hub must find too), CHROMIUM (its program; default /usr/bin/chromium).
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { makeCodeCell, makeNotebook, writeNotebook } from '@cokernel/proto/notebook';
import { BareKernel } from './bare-zeromq.js';
import type { BenchClient } from './client.js';
import { startHub } from './hub-process.js';
import { pageClient } from './page-client.js';
import { programClient } from './program-client.js';
import { median, percentile, report } from './report.js';

const rounds = Number(process.argv[2] ?? 300);
const WARM_UP_ROUNDS = 20;
const code = "n = globals().get('n', 0) + 1\nprint('round', n)";

const cell = makeCodeCell(code);
const notebook = { path: 'bench.ipynb', cellId: cell.id, code };
const folder = await mkdtemp(path.join(os.tmpdir(), 'added-time-'));
await writeFile(path.join(folder, notebook.path), writeNotebook(makeNotebook([cell])));
const hub = await startHub(folder);
const bare = await BareKernel.start(process.env['COKERNEL_TEST_PYTHON'] ?? 'python3');
try {
  await compare(await pageClient(hub.address, notebook, process.env['CHROMIUM'] ?? '/usr/bin/chromium'));
  await compare(programClient(hub.address, notebook));
} finally {
  await bare.stop();
  await hub.stop();
  await rm(folder, { recursive: true, force: true });
}

/** Bare and hub in turns, so that what else the machine does meets both. */
async function compare(client: BenchClient): Promise<void> {
  const bareMs: number[] = [];
  const hubMs: number[] = [];
  for (let round = 0; round < rounds + WARM_UP_ROUNDS; round += 1) {
    const start = performance.now();
    await bare.execute(code);
    bareMs.push(performance.now() - start);
    hubMs.push(await client.run());
  }
  await client.close();
  figures(client.name, bareMs.slice(WARM_UP_ROUNDS), hubMs.slice(WARM_UP_ROUNDS));
}

function figures(client: string, bareMs: readonly number[], hubMs: readonly number[]): void {
  const figure = (name: string, value: number): void =>
    report({ bench: 'added-time', name: `${client}: ${name}`, value, unit: 'ms', rounds });
  figure('bare ZeroMQ, request to reply and idle, p50', median(bareMs));
  figure('bare ZeroMQ, request to reply and idle, p95', percentile(bareMs, 95));
  figure('hub, run to output in the document, p50', median(hubMs));
  figure('hub, run to output in the document, p95', percentile(hubMs, 95));
  figure('added, p50', median(hubMs) - median(bareMs));
}
