/** A real kernel prints and shows more than a document holds; all of it is read from the hub. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { writeFile } from 'node:fs/promises';
import type { RunId } from '@cokernel/proto/hub';
import type { Cell, Output } from '@cokernel/proto/notebook';
import { readDocument, readNotebook, storedBundle } from '@cokernel/proto/notebook';
import { RoomProgram, sessionOf } from '../support/room-program.js';
import { TOKEN, hubPlace, readServed, startHub, writeCells } from '../support/test-hub.js';
import type { HubPlace, TestHub } from '../support/test-hub.js';
import { waitUntil } from '../support/wait-until.js';

const SLOW_MS = 120_000;
const LINES = 100_000;

/** Prints half, waits until the file is there, prints the rest; the last line is written over in between. */
const printsAndWaits = (folder: string): string =>
  [
    'import os, time',
    `for i in range(${String(LINES / 2)}): print(i)`,
    'print("waits", end="", flush=True)',
    `while not os.path.exists("${folder}/go-on"): time.sleep(0.02)`,
    'print("\\rgoes on")',
    `for i in range(${String(LINES / 2)}, ${String(LINES)}): print(i)`,
  ].join('\n');

let place: HubPlace;
let hub: TestHub;
let ann: RoomProgram;
let fileId: string;

beforeAll(async () => {
  place = await hubPlace();
  await writeCells(
    place,
    'a.ipynb',
    `for i in range(${String(LINES)}): print(i)`,
    'from IPython.display import Image, display\ndisplay(Image(b"\\x89PNG\\r\\n\\x1a\\n" + bytes(range(256)) * 600))',
    'raise ValueError("x" * 100_000)',
    printsAndWaits(place.data),
  );
  hub = await startHub(place);
  ({ fileId } = await sessionOf(hub, 'a.ipynb'));
  ann = await RoomProgram.join(hub, 'a.ipynb', 'Ann');
}, SLOW_MS);

afterAll(async () => {
  ann.close();
  await hub.stop();
  await place.remove();
}, SLOW_MS);

async function ran(cellId: string): Promise<Cell & { readonly cell_type: 'code' }> {
  const { runs } = await ann.run([cellId]);
  const runId: RunId | undefined = runs[0]?.run.runId;
  const isOver = (): boolean => ann.told('runFinished').some(({ run }) => run.runId === runId);
  await waitUntil('the run is over', isOver);
  const cellNow = () => readDocument(ann.doc).cells.find(({ id }) => id === cellId);
  const isShown = (cell: Cell | undefined): boolean => cell?.metadata['execution'] !== undefined;
  await waitUntil('the cell shows it', () => isShown(cellNow()));
  const cell = cellNow();
  if (cell?.cell_type !== 'code') throw new Error('there is no such cell');
  return cell;
}

/** From the hub's REST API. */
async function read(address: string): Promise<{ readonly type: string | null; readonly bytes: Buffer }> {
  const response = await fetch(`${hub.url}${address}`, { headers: { authorization: `token ${TOKEN}` } });
  expect(response.status).toBe(200);
  return { type: response.headers.get('content-type'), bytes: Buffer.from(await response.arrayBuffer()) };
}

const storedOf = (output: Output | undefined) => {
  const stored = output !== undefined && 'stored' in output ? output.stored : undefined;
  if (stored === undefined) throw new Error('nothing of it is outside');
  return stored;
};

test(
  '[X5] a long stream: its ends are in the document, and the whole of it is on the hub',
  async () => {
    const { outputs, metadata } = await ran('c0');
    const whole = Array.from({ length: LINES }, (_, n) => `${String(n)}\n`).join('');
    const [output] = outputs;
    const text = output?.output_type === 'stream' ? output.text : '';
    const { id, sha256, gap, bytes } = storedOf(output);
    expect(outputs).toHaveLength(1);
    expect(text.length).toBeLessThan(300_000);
    expect(whole.startsWith(text.slice(0, gap.from))).toBe(true);
    expect(whole.endsWith(text.slice(gap.to))).toBe(true);
    const address = /the hub has the whole at (\S+) ⋯\n$/.exec(text.slice(gap.from, gap.to))?.[1];
    expect(address).toBe(`/api/hub/notebooks/${fileId}/texts/${id}`);
    expect(bytes).toBe(whole.length);
    expect((await read(address ?? '')).bytes.toString() === whole).toBe(true);
    const finished = await read(`/api/hub/notebooks/${fileId}/outputs/${String(sha256)}?type=text/plain`);
    expect(finished.bytes.toString() === whole).toBe(true);
    expect(Object.keys(metadata['execution'] as object).sort()).toEqual([
      'iopub.execute_input',
      'iopub.status.busy',
      'iopub.status.idle',
      'shell.execute_reply',
      'shell.execute_reply.started',
    ]);
    expect(metadata['cokernel']).toMatchObject({ run: { author: { name: 'Ann' }, state: 'succeeded' } });
  },
  SLOW_MS,
);

test(
  '[X5] a large picture: a text is in the document, and the picture is on the hub',
  async () => {
    const { outputs } = await ran('c1');
    const [output] = outputs;
    const data = output !== undefined && 'data' in output ? output.data : {};
    const named = storedBundle(data)?.['image/png'];
    expect('image/png' in data).toBe(false);
    expect(typeof data['text/plain']).toBe('string');
    const { type, bytes } = await read(`/api/hub/notebooks/${fileId}/outputs/${String(named?.sha256)}?type=image/png`);
    expect(type).toBe('image/png');
    expect(bytes.length).toBe(8 + 256 * 600);
    expect(bytes.subarray(1, 4).toString()).toBe('PNG');
  },
  SLOW_MS,
);

test(
  '[X5] a long error: its ends are in the document, and all of it is on the hub',
  async () => {
    const { outputs } = await ran('c2');
    const [output] = outputs;
    if (output?.output_type !== 'error') throw new Error('it raised nothing');
    expect(JSON.stringify(output).length).toBeLessThan(70_000);
    const { sha256 } = storedOf(output);
    const { bytes } = await read(`/api/hub/notebooks/${fileId}/outputs/${String(sha256)}?type=text/plain`);
    expect(bytes.toString()).toContain('x'.repeat(100_000));
  },
  SLOW_MS,
);

test(
  '[X5] [X7] a long stream whose hub is killed: the next one goes on with it, once and in order',
  async () => {
    await ann.run(['c3']);
    const outputNow = (): Output | undefined => {
      const cell = readDocument(ann.doc).cells.find(({ id }) => id === 'c3');
      return cell?.cell_type === 'code' ? cell.outputs[0] : undefined;
    };
    const storedNow = () => {
      const output = outputNow();
      return output !== undefined && 'stored' in output ? output.stored : undefined;
    };
    const waits = (): boolean => {
      const output = outputNow();
      return output?.output_type === 'stream' && output.text.endsWith('waits');
    };
    await waitUntil('half of it is stored', () => storedNow() !== undefined && waits());
    process.kill(hub.pid, 'SIGKILL');
    ann.close();
    hub = await startHub(place);
    ann = await RoomProgram.join(hub, 'a.ipynb', 'Ann');
    await writeFile(`${place.data}/go-on`, '');
    await waitUntil('it is complete', () => typeof storedNow()?.sha256 === 'string');
    const lines = Array.from({ length: LINES }, (_, n) => `${String(n)}\n`);
    const whole = [...lines.slice(0, LINES / 2), 'goes on\n', ...lines.slice(LINES / 2)].join('');
    const address = `/api/hub/notebooks/${fileId}/outputs/${String(storedNow()?.sha256)}?type=text/plain`;
    expect((await read(address)).bytes.toString() === whole).toBe(true);
    const output = outputNow();
    const text = output?.output_type === 'stream' ? output.text : '';
    expect(text.startsWith('0\n1\n2\n')).toBe(true);
    expect(text.endsWith(`\n${String(LINES - 1)}\n`)).toBe(true);
  },
  SLOW_MS,
);

test(
  '[X2] the saved file has all of it',
  async () => {
    await ann.call('save', {});
    const file = await readServed(place, 'a.ipynb');
    const outputs = readNotebook(file).notebook.cells.map((cell) => (cell.cell_type === 'code' ? cell.outputs : []));
    const [printed, picture, raised, interrupted] = outputs.map(([output]) => output);
    const lines = Array.from({ length: LINES }, (_, n) => `${String(n)}\n`);
    expect(printed?.output_type === 'stream' && printed.text === lines.join('')).toBe(true);
    const png = picture !== undefined && 'data' in picture ? picture.data['image/png'] : '';
    expect(Buffer.from(typeof png === 'string' ? png : '', 'base64')).toHaveLength(8 + 256 * 600);
    expect(JSON.stringify(raised)).toContain('x'.repeat(100_000));
    const both = [...lines.slice(0, LINES / 2), 'goes on\n', ...lines.slice(LINES / 2)].join('');
    expect(interrupted?.output_type === 'stream' && interrupted.text === both).toBe(true);
    expect(/vnd\.cokernel|transient|the hub has the whole/.exec(file)).toBeNull();
  },
  SLOW_MS,
);
