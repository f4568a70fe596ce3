/**
 * A day's editing: 260,000 keystrokes in one notebook with 500 runs between them, through a real hub and kernel, as fast as
 * they are taken. Prints one JSON line a figure: how much of its bound (four times the state and 8 MiB, X4) the store took
 * at most, the first sync of a new client against the state, and the time to open the notebook from cold, in a hub
 * that was just started. Arguments: keystrokes (default 260000), runs (500), seed (1). Environment: as added-time.
 */
import { randomUUID } from 'node:crypto';
import { mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { HubClient, type Room } from '@cokernel/core';
import { DeviceId, RequestId, sourceHash } from '@cokernel/proto/hub';
import {
  findCell,
  makeCodeCell,
  makeMarkdownCell,
  makeNotebook,
  sourceText,
  writeNotebook,
} from '@cokernel/proto/notebook';
import { WebSocket } from 'ws';
import * as Y from 'yjs';
import { z } from 'zod';
import { Typist } from '../hub/test/support/typist.js';
import { type BenchHub, startHub } from './hub-process.js';
import { percentile, report } from './report.js';

const [keystrokes = 260_000, runs = 500, seed = 1] = process.argv.slice(2).map(Number);
const EACH_TURN = 20;
const OPENINGS = 5;
const SLACK_BYTES = 8 * 1024 * 1024;

/** What people run over and over: some lines, a table, a picture, an error, and a progress bar. */
const programs = [
  'for i in range(100): print("line", i, "of the output")',
  'from IPython.display import HTML, display\ndisplay(HTML("<table>" + "<tr><td>1</td><td>2</td></tr>" * 200 + "</table>"))',
  'import base64, os\nfrom IPython.display import Image, display\ndisplay(Image(os.urandom(20_000), format="png"))',
  '1 / 0',
  'for i in range(200): print(f"\\r{i / 2}%", end="")',
];

const written = Array.from({ length: 40 }, () => makeMarkdownCell(''));
const run = programs.map((source) => makeCodeCell(source));
const folder = await mkdtemp(path.join(os.tmpdir(), 'days-editing-'));
const data = await mkdtemp(path.join(os.tmpdir(), 'days-editing-data-'));
await writeFile(path.join(folder, 'day.ipynb'), writeNotebook(makeNotebook([...written, ...run])));
let hub = await startHub(folder, data);
try {
  await day();
  await coldOpenings();
} finally {
  await hub.stop();
  await Promise.all([folder, data].map((each) => rm(each, { recursive: true, force: true })));
}

async function day(): Promise<void> {
  const deviceId = DeviceId.parse(randomUUID());
  const room = new HubClient(hub.address).joinRoom({ path: 'day.ipynb', name: 'Bench', deviceId, client: 'program' });
  await until(() => room.state.synced && room.document !== null);
  const typist = new Typist(textsOf(room), seed);
  const shares: number[] = [];
  const start = performance.now();
  for (let turn = 0; turn < runs; turn += 1) {
    for (let key = 0; key < keystrokes / runs; key += 1) {
      typist.press();
      if (key % EACH_TURN === 0) await new Promise((resolve) => setImmediate(resolve));
    }
    await runCell(room, turn);
    shares.push((100 * (await storeBytes())) / (4 * stateBytes(room) + SLACK_BYTES));
  }
  const figure = (name: string, value: number, unit: string): void =>
    report({ bench: 'days-editing', name, value, unit, rounds: runs });
  figure('the whole day', (performance.now() - start) / 1_000, 's');
  figure('state', stateBytes(room) / 1_024, 'KiB');
  figure('store in the end', (await storeBytes()) / 1_024, 'KiB');
  figure("store, of X4's bound, most", percentile(shares, 100), '%');
  figure("store, of X4's bound, median", percentile(shares, 50), '%');
  const synced = await firstSync(hub);
  figure('first sync of a new client', synced.bytes / stateBytes(room), 'times the state');
  room.close();
}

/** Each time by a hub that was just started. */
async function coldOpenings(): Promise<void> {
  const took: number[] = [];
  for (let opening = 0; opening < OPENINGS; opening += 1) {
    await hub.stop();
    hub = await startHub(folder, data);
    took.push((await firstSync(hub)).ms);
  }
  const figure = (name: string, value: number): void =>
    report({ bench: 'days-editing', name, value, unit: 'ms', rounds: OPENINGS });
  figure('opening from cold, median', percentile(took, 50));
  figure('opening from cold, most', percentile(took, 100));
}

function textsOf(room: Room): [Y.Text, ...Y.Text[]] {
  const texts = written.flatMap(({ id }) => {
    const cell = room.document === null ? null : findCell(room.document.doc, id);
    return (cell === null ? null : sourceText(cell)) ?? [];
  });
  const [first, ...rest] = texts;
  if (first === undefined) throw new Error('the notebook has no cells');
  return [first, ...rest];
}

async function runCell(room: Room, turn: number): Promise<void> {
  const cell = run[turn % run.length];
  if (cell === undefined) throw new Error('there is nothing to run');
  const cells = [{ cellId: cell.id, sourceHash: sourceHash(cell.source) }];
  const asked = await room.call('run', { requestId: RequestId.parse(randomUUID()), cells });
  const ids = new Set(asked.runs.map((each) => each.run.runId));
  // In the document's state after all that was typed before: a call is handled behind it.
  await until(() => {
    const { running, queued } = room.state.queue;
    return ![running, ...queued].some((each) => each !== null && ids.has(each.runId));
  });
}

function stateBytes(room: Room): number {
  return room.document === null ? 0 : Y.encodeStateAsUpdate(room.document.doc).byteLength;
}

/** Of the document's log: what the store holds of it. */
async function storeBytes(): Promise<number> {
  const names = await readdir(path.join(data, 'stores'), { recursive: true });
  const logs = names.filter((name) => /documents[/\\][^/\\]+\.log$/.test(name));
  const sizes = await Promise.all(logs.map(async (name) => (await stat(path.join(data, 'stores', name))).size));
  return sizes.reduce((sum, size) => sum + size, 0);
}

/** From asking for the notebook until its whole state is here. */
async function firstSync({ address }: BenchHub): Promise<{ readonly bytes: number; readonly ms: number }> {
  const start = performance.now();
  const asked = await fetch(`${address.url}/api/collaboration/session/day.ipynb`, {
    method: 'PUT',
    headers: { authorization: `token ${address.token}`, 'content-type': 'application/json' },
    body: JSON.stringify({ format: 'json', type: 'notebook' }),
  });
  const { fileId } = z.object({ fileId: z.string() }).parse(await asked.json());
  const url = `${address.url.replace('http', 'ws')}/api/collaboration/room/json:notebook:${fileId}?token=${address.token}`;
  const socket = new WebSocket(url);
  // Sync, step 1, with a state vector of one byte: of nobody.
  socket.on('open', () => socket.send(new Uint8Array([0, 0, 1, 0])));
  const frame = await new Promise<Buffer>((resolve, reject) => {
    socket.on('error', reject);
    // Sync, step 2.
    socket.on('message', (bytes: Buffer) => bytes[0] === 0 && bytes[1] === 1 && resolve(bytes));
  });
  socket.close();
  return { bytes: frame.length, ms: performance.now() - start };
}

async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await delay(1);
}
