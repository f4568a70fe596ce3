/** What a run produces that is too large for its document: a live run, a document, and the store of outputs. */
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import path from 'node:path';
import { TextId } from '@cokernel/proto/hub';
import type { CellId } from '@cokernel/proto/hub';
import type { KernelMessage } from '@cokernel/proto/jupyter';
import type { Output } from '@cokernel/proto/notebook';
import {
  OutputWriter,
  decodeContent,
  fillDocument,
  makeCodeCell,
  makeNotebook,
  readDocument,
  storedBundle,
} from '@cokernel/proto/notebook';
import fc from 'fast-check';
import * as Y from 'yjs';
import type { OutputBounds } from '../../src/run/bound-context.js';
import { DEFAULT_BOUNDS } from '../../src/run/bound-context.js';
import { LiveRun } from '../../src/run/live-run.js';
import type { OutputStore } from '../../src/run/output-store.js';
import type { FlushMark, RunOutputs } from '../../src/run/run-outputs.js';
import { writtenBefore } from '../../src/run/run-progress.js';
import type { QueuedRun } from '../../src/run/run-queue.js';
import { WritePace } from '../../src/run/write-pace.js';
import { FileOutputStore } from '../../src/storage/outputs/output-store.js';
import { says } from '../support/kernel-messages.js';
import { MemoryOutputs } from '../support/memory-outputs.js';
import { queuedRun } from '../support/queued-run.js';
import { scratchFolder, type ScratchFolder } from '../support/scratch-folder.js';
import { waitUntil } from '../support/wait-until.js';

const run: QueuedRun = queuedRun({ runId: 'r1', cell: 'c1', file: 'f1' });
const end = { state: 'succeeded', finishedAt: '2026-01-01T00:00:00.000Z', executionCount: 1, reason: null } as const;

/** A document with one cell, of which each record is kept as a log has it. */
class Target implements RunOutputs {
  readonly doc: Y.Doc;
  mark: FlushMark | null = null;
  writes = 0;
  private readonly writer: OutputWriter;

  constructor(state?: Uint8Array) {
    this.doc = new Y.Doc();
    if (state === undefined) {
      const cell = makeCodeCell('', {});
      fillDocument(this.doc, makeNotebook([{ ...cell, id: 'c1' as CellId }]));
    } else Y.applyUpdate(this.doc, state);
    this.writer = new OutputWriter(this.doc);
  }

  /** As another hub finds it. */
  reopened(): Target {
    const next = new Target(Y.encodeStateAsUpdate(this.doc));
    next.mark = JSON.parse(JSON.stringify(this.mark)) as FlushMark | null;
    if (next.mark === null) next.writer.begin(run.view.runId, 'c1' as CellId);
    else next.writer.resume(run.view.runId, 'c1' as CellId, writtenBefore(next.mark.reducerState));
    return next;
  }

  begin(): Promise<void> {
    this.writer.begin(run.view.runId, 'c1' as CellId);
    return Promise.resolve();
  }

  resume(): Promise<FlushMark | null> {
    return Promise.resolve(this.mark);
  }

  textOf(_run: QueuedRun, index: number): string | null {
    return this.writer.textOf(run.view.runId, index);
  }

  write(_run: QueuedRun, edits: Parameters<RunOutputs['write']>[1], mark: FlushMark): Promise<void> {
    this.writes += 1;
    this.writer.apply(run.view.runId, edits);
    this.mark = mark;
    return Promise.resolve();
  }

  finish(_run: QueuedRun, _end: unknown, _times: unknown, mark: FlushMark): Promise<void> {
    this.mark = mark;
    return Promise.resolve();
  }

  get outputs(): readonly Output[] {
    const [cell] = readDocument(this.doc).cells;
    return cell?.cell_type === 'code' ? cell.outputs : [];
  }

  get bytes(): number {
    return Y.encodeStateAsUpdate(this.doc).length;
  }
}

let failures: unknown[];

interface Made {
  readonly bounds?: OutputBounds;
  readonly now?: () => number;
}

function liveRun(target: Target, store: OutputStore, made: Made = {}): LiveRun {
  const { bounds = DEFAULT_BOUNDS, now = () => performance.now() } = made;
  const live = new LiveRun({
    run,
    outputs: target,
    store,
    bounds,
    resumed: target.mark,
    pace: new WritePace({ gapMs: 16, perSecond: 60, now }),
    lateMs: 1_000,
    now,
    onWriteFailed: (error) => failures.push(error),
  });
  live.start();
  return live;
}

const place = (seq: number): { journalId: string; seq: number } => ({ journalId: 'j', seq });

async function readText(store: OutputStore, output: Output | undefined): Promise<string> {
  const stored = output !== undefined && 'stored' in output ? output.stored : undefined;
  const bytes = stored?.sha256 ? await store.get(stored.sha256) : await store.text(TextId.parse(stored?.id));
  const pieces: Uint8Array[] = [];
  for await (const piece of bytes?.read() ?? []) pieces.push(piece);
  return Buffer.concat(pieces).toString();
}

const textOf = (output: Output | undefined): string => (output?.output_type === 'stream' ? output.text : '');

beforeEach(() => {
  failures = [];
});

describe('[X5] what a record names', () => {
  const picture = Buffer.alloc(100_000, 7).toString('base64');

  test('is durable, and referred to, before the record is written, and what comes later comes after it', async () => {
    const store = new MemoryOutputs();
    let open = (): void => undefined;
    store.gate = new Promise<void>((resolve) => {
      open = resolve;
    });
    const put = jest.spyOn(store, 'put');
    const target = new Target();
    await target.begin();
    const live = liveRun(target, store);
    live.accept(says.shows('r1', { 'image/png': picture }), place(1));
    live.accept(says.prints('r1', 'after it'), place(2));
    await waitUntil('the store is asked', () => put.mock.calls.length > 0);
    await new Promise((resolve) => setImmediate(resolve));
    expect(target.writes).toBe(0);
    open();
    await live.drained();
    const [display, text] = target.outputs;
    const named = display !== undefined && 'data' in display ? storedBundle(display.data)?.['image/png'] : undefined;
    if (named === undefined) throw new Error('the picture is not outside');
    expect(store.referred.has(named.sha256)).toBe(true);
    const bytes = store.outputs.get(named.sha256) ?? new Uint8Array();
    expect(decodeContent('image/png', { bytes, base64: named.base64 })).toBe(picture);
    expect(textOf(text)).toBe('after it');
    live.stop();
  });

  test('is only what is shown: of a display that is rewritten at once, the first and the last', async () => {
    const store = new MemoryOutputs();
    const target = new Target();
    await target.begin();
    // All of it at one moment, however long the machine takes for it.
    const live = liveRun(target, store, { now: () => 0 });
    live.accept(says.shows('r1', { 'text/plain': 'begins' }, 'd'), place(1));
    for (let n = 0; n < 50; n += 1) {
      live.accept(says.updates('r1', 'd', { 'text/html': String(n).repeat(100_000) }), place(n + 2));
    }
    await live.drained();
    expect(store.outputs.size).toBeLessThanOrEqual(2);
    live.stop();
  });

  test('that can’t be stored is told, and what there is to show is shown', async () => {
    const store = new MemoryOutputs();
    store.put = () => Promise.reject(new Error('the disk is full'));
    const target = new Target();
    await target.begin();
    const live = liveRun(target, store);
    live.accept(says.shows('r1', { 'image/png': picture, 'text/plain': 'a picture' }), place(1));
    await live.finish(end, {});
    expect(failures).toEqual([new Error('the disk is full')]);
    expect(target.outputs).toHaveLength(1);
    live.stop();
  });
});

describe('with the real store', () => {
  let scratch: ScratchFolder;
  let store: FileOutputStore;
  let target: Target;
  let live: LiveRun;

  beforeEach(async () => {
    scratch = await scratchFolder();
    const folder = path.join(scratch.path, 'outputs');
    store = new FileOutputStore({ folder, onNotice: () => undefined, now: () => new Date() });
    await store.start();
    target = new Target();
    await target.begin();
    live = liveRun(target, store);
  });

  afterEach(async () => {
    live.stop();
    await store.close();
    await scratch.remove();
  });

  test('[X5] a million lines grow the document by less than 1 MiB, and all of them can be read', async () => {
    const before = target.bytes;
    const printed: string[] = [];
    for (let n = 0; n < 1_000_000; n += 1_000) {
      const lines = Array.from({ length: 1_000 }, (_, k) => `${String(n + k)}\n`).join('');
      printed.push(lines);
      live.accept(says.prints('r1', lines), place(n + 1));
      if (n % 50_000 === 0) await new Promise((resolve) => setImmediate(resolve));
    }
    await live.finish(end, {});
    expect(target.bytes - before).toBeLessThan(1024 * 1024);
    const [output] = target.outputs;
    expect(textOf(output).startsWith('0\n1\n2\n')).toBe(true);
    expect(textOf(output).endsWith('\n999998\n999999\n')).toBe(true);
    expect((await readText(store, output)) === printed.join('')).toBe(true);
    expect(output !== undefined && 'stored' in output ? output.stored?.sha256 : null).not.toBeNull();
    expect(failures).toEqual([]);
  });

  test('[X5] two hundred plots of 200 KB lie outside, and the document stays small', async () => {
    const before = target.bytes;
    for (let n = 0; n < 200; n += 1) {
      const plot = Buffer.alloc(150_000, `plot ${String(n)}`).toString('base64');
      live.accept(says.shows('r1', { 'image/png': plot, 'text/plain': '<Figure>' }), place(n + 1));
      if (n % 20 === 0) await new Promise((resolve) => setImmediate(resolve));
    }
    await live.finish(end, {});
    expect(target.outputs).toHaveLength(200);
    expect(target.bytes - before).toBeLessThan(256 * 1024);
    const last = target.outputs.at(-1);
    const named = last !== undefined && 'data' in last ? storedBundle(last.data)?.['image/png'] : undefined;
    expect((await store.get(named?.sha256 as never))?.size).toBe(150_000);
  });

  test('[X5] a bar that is drawn anew 20,000 times leaves one line', async () => {
    const before = target.bytes;
    for (let n = 0; n < 20_000; n += 1) {
      live.accept(says.prints('r1', `\r${String(n).padStart(6)} of 20000 ${'#'.repeat(n / 400)}`), place(n + 1));
      if (n % 1_000 === 0) await new Promise((resolve) => setImmediate(resolve));
    }
    await live.finish(end, {});
    expect(textOf(target.outputs[0])).toMatch(/^ 19999 of 20000 #+$/);
    expect(target.bytes - before).toBeLessThan(16 * 1024);
  });

  test('[X5] what a thread prints after the end goes on in the same text', async () => {
    const lines = 'a line of text\n'.repeat(30_000);
    live.accept(says.prints('r1', `${lines}open`), place(1));
    await live.finish(end, {});
    expect(await readText(store, target.outputs[0])).toBe(`${lines}open`);
    live.accept(says.prints('r1', '\rlate\n'), place(2));
    await live.drained();
    expect(await readText(store, target.outputs[0])).toBe(`${lines}late\n`);
    expect(textOf(target.outputs[0]).endsWith('\nlate\n')).toBe(true);
  });
});

test('[X7] wherever a hub dies and another goes on, ends are shown and all that was printed is stored, once and in order', async () => {
  const bounds: OutputBounds = {
    ...DEFAULT_BOUNDS,
    streamHead: 20,
    streamTail: 16,
    outputs: 4,
    display: 30,
    error: 400,
  };
  const text = fc.string({ unit: fc.constantFrom('a', 'b', '\n', '\r', '🙂'), minLength: 1, maxLength: 30 });
  const message: fc.Arbitrary<KernelMessage> = fc.oneof(
    { weight: 6, arbitrary: text.map((said) => says.prints('r1', said)) },
    { weight: 1, arbitrary: text.map((said) => says.shows('r1', { 'text/plain': said.repeat(3) })) },
    { weight: 1, arbitrary: fc.constant(says.clears('r1')) },
  );
  const steps = fc.array(fc.record({ message, then: fc.constantFrom('go on', 'go on', 'write', 'die') }), {
    maxLength: 25,
  });
  await fc.assert(
    fc.asyncProperty(steps, async (taken) => {
      const messages = taken.map((step) => step.message);
      const quiet = await played(
        messages.map((said) => ({ message: said, then: 'go on' as const })),
        bounds,
      );
      const stormy = await played(taken, bounds);
      expect(stormy).toEqual(quiet);
    }),
    { numRuns: 100 },
  );
});

/** The outputs in the end, each long text in full. */
async function played(
  steps: readonly { readonly message: KernelMessage; readonly then: string }[],
  bounds: OutputBounds,
): Promise<readonly unknown[]> {
  const store = new MemoryOutputs();
  let target = new Target();
  await target.begin();
  let live = liveRun(target, store, { bounds });
  const all = steps.map((step) => step.message);
  let next = 0;
  for (const { then } of steps) {
    next += 1;
    live.accept(all[next - 1] as KernelMessage, place(next));
    if (then === 'write') await live.drained();
    if (then !== 'die') continue;
    live.stop();
    target = target.reopened();
    live = liveRun(target, store, { bounds });
    // The journal tells everything again; what was stored is passed over.
    all.slice(0, next).forEach((said, n) => live.accept(said, place(n + 1)));
  }
  await live.finish(end, {});
  live.stop();
  expect(failures).toEqual([]);
  return Promise.all(target.outputs.map((output) => wholeOf(store, output)));
}

async function wholeOf(store: MemoryOutputs, output: Output): Promise<unknown> {
  if (!('stored' in output) || output.stored === undefined) return output;
  const { sha256, outputs, gap } = output.stored;
  expect(sha256).not.toBeNull();
  const whole = await readText(store, output);
  if (outputs === undefined && output.output_type === 'stream') {
    expect(whole.startsWith(output.text.slice(0, gap.from))).toBe(true);
    expect(whole.endsWith(output.text.slice(gap.to))).toBe(true);
  }
  return { whole: outputs === undefined ? whole : joined(whole), outputs };
}

/** Outputs of a text, with each stream's pieces together. */
function joined(lines: string): readonly unknown[] {
  const outputs = lines.split('\n').flatMap((line) => (line === '' ? [] : [JSON.parse(line) as Output]));
  return outputs.reduce<Output[]>((before, output) => {
    const last = before.at(-1);
    const goesOn = last?.output_type === 'stream' && output.output_type === 'stream' && last.name === output.name;
    return goesOn ? [...before.slice(0, -1), { ...last, text: last.text + output.text }] : [...before, output];
  }, []);
}
