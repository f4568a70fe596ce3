/** Transcripts: read once or followed, each entry once and in order. */
import { beforeEach, describe, expect, test } from '@jest/globals';
import { RunId } from '@cokernel/proto/hub';
import type { TranscriptEntry } from '@cokernel/proto/hub';
import type { FlushMark } from '../../src/run/run-outputs.js';
import type { TranscriptStore } from '../../src/run/transcript-store.js';
import { Transcripts } from '../../src/run/transcripts.js';
import { queuedRun } from '../support/queued-run.js';

/** Keeps entries; each append waits until the test lets it through, when it is told to hold. */
class HeldStore implements TranscriptStore {
  readonly kept = new Map<RunId, TranscriptEntry[]>();
  held: (() => void)[] | null = null;

  readonly marks = new Map<RunId, FlushMark>();

  async append(runId: RunId, entries: readonly TranscriptEntry[], mark?: FlushMark): Promise<void> {
    const { held } = this;
    if (held !== null) await new Promise<void>((resolve) => held.push(resolve));
    this.kept.set(runId, [...(this.kept.get(runId) ?? []), ...entries]);
    if (mark !== undefined) this.marks.set(runId, mark);
  }

  mark(runId: RunId): Promise<FlushMark | null> {
    return Promise.resolve(this.marks.get(runId) ?? null);
  }

  read(runId: RunId): Promise<readonly TranscriptEntry[] | null> {
    return Promise.resolve(this.kept.get(runId) ?? null);
  }

  has(runId: RunId): Promise<boolean> {
    return Promise.resolve(this.kept.has(runId));
  }

  /** Each is old. */
  removeBefore(_before: Date, isLive: (runId: RunId) => boolean): Promise<void> {
    for (const runId of this.kept.keys()) if (!isLive(runId)) this.kept.delete(runId);
    return Promise.resolve();
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}

const run = queuedRun({ runId: 'r1', cell: null });
const { runId } = run.view;
const end = { state: 'succeeded', finishedAt: '2026-01-01T00:00:02.000Z', executionCount: 1, reason: null } as const;
const mark: FlushMark = { journalId: 'j', seq: 1, reducerState: null, end: null };
const text = (said: string) =>
  ({ type: 'append', output: { output_type: 'stream', name: 'stdout', text: said } }) as const;

let store: HeldStore;
let transcripts: Transcripts;
let heard: TranscriptEntry[];

beforeEach(() => {
  store = new HeldStore();
  transcripts = new Transcripts(store);
  heard = [];
});

const follow = (): Promise<() => void> => transcripts.readAndFollow(runId, (entry) => heard.push(entry));

describe('a transcript', () => {
  test('of a run that nobody knows is none', async () => {
    expect(await transcripts.read(RunId.parse('r0'))).toBeNull();
  });

  test('that is followed from the middle gives each entry once and in order', async () => {
    await transcripts.begin(run);
    await transcripts.write(run, [text('a')], mark);
    const writing = transcripts.write(run, [text('b')], mark);
    const following = follow();
    const more = transcripts.write(run, [text('c')], mark);
    await Promise.all([writing, following, more]);
    await transcripts.finish(run, end, {}, { ...mark, end });
    expect(heard).toEqual(store.kept.get(runId));
    expect(heard.map(({ type }) => type)).toEqual(['output', 'output', 'output', 'finished']);
  });

  test('[X7] is stored before anybody is told', async () => {
    await transcripts.begin(run);
    await follow();
    store.held = [];
    const writing = transcripts.write(run, [text('a')], mark);
    await Promise.resolve();
    expect(heard).toEqual([]);
    store.held.forEach((letThrough) => {
      letThrough();
    });
    store.held = null;
    await writing;
    expect(heard).toHaveLength(1);
  });

  test('that is followed before its run begins waits for it', async () => {
    await follow();
    await transcripts.begin(run);
    await transcripts.write(run, [text('a')], mark);
    expect(heard).toHaveLength(1);
  });

  test('of a run that was withdrawn while it waited ends all the same', async () => {
    await follow();
    await transcripts.withdrawn({ ...run.view, state: 'cancelled', reason: 'withdrawn by ann' });
    expect(heard).toEqual([{ type: 'finished', state: 'cancelled', executionCount: null, reason: 'withdrawn by ann' }]);
  });

  test('has its end as its last entry, whatever is printed later', async () => {
    await transcripts.begin(run);
    await transcripts.finish(run, end, {}, { ...mark, end });
    await transcripts.write(run, [text('late')], mark);
    expect((await transcripts.read(runId))?.at(-1)?.type).toBe('finished');
  });

  test('tells nobody who left', async () => {
    await transcripts.begin(run);
    const leave = await follow();
    leave();
    leave();
    await transcripts.write(run, [text('a')], mark);
    expect(heard).toEqual([]);
  });

  test('goes on as the same text for who follows after another left', async () => {
    await transcripts.begin(run);
    await transcripts.write(run, [text('ab')], mark);
    (await follow())();
    await transcripts.write(run, [{ type: 'replaceText', index: 0, from: 2, text: 'c' }], mark);
    expect((await transcripts.read(runId))?.at(-1)).toEqual({ type: 'streamText', name: 'stdout', text: 'c' });
  });

  test('[X7] is gone on with by another hub from what was stored, and ended once', async () => {
    await transcripts.begin(run);
    await transcripts.write(run, [text('ab')], mark);
    const next = new Transcripts(store);
    expect(await next.resume(run)).toEqual(mark);
    await next.write(run, [{ type: 'replaceText', index: 0, from: 2, text: 'c' }], { ...mark, seq: 2 });
    expect((await next.read(runId))?.at(-1)).toEqual({ type: 'streamText', name: 'stdout', text: 'c' });
    await next.finish(run, end, {}, { ...mark, end });
    expect((await new Transcripts(store).resume(run))?.end).toEqual(end);
  });

  test('[X8] tells a question to those who follow', async () => {
    await transcripts.begin(run);
    await follow();
    await transcripts.prompted(runId, 'Name? ', false);
    expect(heard).toEqual([{ type: 'prompt', text: 'Name? ', password: false }]);
  });
});
