/** Autosave by a clock that the test turns. */
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import type { SavingView } from '@cokernel/proto/hub';
import { LeaseEnded } from '../../src/right.js';
import { Saving } from '../../src/room/saving.js';

const clock = (): Date => new Date('2026-01-01T00:00:00.000Z');
const at = clock().toISOString();

let shown: SavingView[];
let writes: { readonly done: () => void; readonly fail: (error: Error) => void }[];
let saving: Saving;

beforeEach(() => {
  jest.useFakeTimers();
  shown = [];
  writes = [];
  saving = new Saving({
    write: () => new Promise<void>((done, fail) => writes.push({ done, fail })),
    onChanged: (view) => shown.push(view),
    clock,
    quietMs: 1_000,
    latestMs: 10_000,
    retryMs: 5_000,
  });
});

afterEach(() => {
  jest.useRealTimers();
});

const pass = (ms: number): Promise<void> => jest.advanceTimersByTimeAsync(ms);
const states = (): string[] => shown.map(({ state }) => state);

describe('a change', () => {
  test('is saved a second after the last', async () => {
    saving.changed();
    await pass(900);
    saving.changed();
    await pass(900);
    expect(writes).toHaveLength(0);
    await pass(100);
    expect(writes).toHaveLength(1);
    writes[0]?.done();
    await pass(0);
    expect(shown).toEqual([{ state: 'unsaved' }, { state: 'saving' }, { state: 'saved', at }]);
    await pass(60_000);
    expect(writes).toHaveLength(1);
  });

  test('[X2] waits ten times as long as the last save took, so that saving is not all that the hub does', async () => {
    saving.changed();
    await pass(1_000);
    await pass(3_000);
    writes[0]?.done();
    await pass(0);
    saving.changed();
    await pass(29_000);
    expect(writes).toHaveLength(1);
    await pass(1_000);
    expect(writes).toHaveLength(2);
  });

  test('is saved ten seconds after the first, should there be no quiet', async () => {
    for (let ms = 0; ms < 9_500; ms += 500) {
      saving.changed();
      await pass(500);
    }
    expect(writes).toHaveLength(0);
    saving.changed();
    await pass(500);
    expect(writes).toHaveLength(1);
  });

  test('[X2] during a save is shown as unsaved after it and saved by the next', async () => {
    saving.changed();
    await pass(1_000);
    saving.changed();
    writes[0]?.done();
    await pass(0);
    expect(saving.view).toEqual({ state: 'unsaved' });
    await pass(1_000);
    expect(writes).toHaveLength(2);
  });
});

describe('a save', () => {
  test('that a hub may not save any more is not tried again', async () => {
    saving.changed();
    await pass(1_000);
    writes[0]?.fail(new LeaseEnded('another hub leads'));
    await pass(60_000);
    expect(writes).toHaveLength(1);
    expect(states().at(-1)).toBe('failed');
    const stopped = saving.stop();
    await pass(0);
    writes[1]?.fail(new LeaseEnded('another hub leads'));
    await expect(stopped).resolves.toBeUndefined();
  });

  test('[X2] that fails is shown with its reason and tried again', async () => {
    saving.changed();
    await pass(1_000);
    writes[0]?.fail(new Error('the disk is full'));
    await pass(0);
    expect(saving.view).toEqual({ state: 'failed', reason: 'the disk is full' });
    await pass(4_999);
    expect(writes).toHaveLength(1);
    await pass(1);
    writes[1]?.done();
    await pass(0);
    expect(saving.view).toEqual({ state: 'saved', at });
  });

  test('that is asked for is done at once, and once', async () => {
    saving.changed();
    const asked = saving.now();
    await pass(0);
    writes[0]?.done();
    expect(await asked).toEqual(clock());
    await pass(60_000);
    expect(writes).toHaveLength(1);
  });

  test('that is asked for during another comes after it, and each asker gets one that began after the call', async () => {
    saving.changed();
    await pass(1_000);
    const asked = Promise.all([saving.now(), saving.now()]);
    await pass(0);
    expect(writes).toHaveLength(1);
    for (let write = 0; write < 3; write += 1) {
      writes[write]?.done();
      await pass(0);
    }
    await asked;
    expect(writes).toHaveLength(3);
  });

  test('that is asked for and fails rejects', async () => {
    const asked = saving.now();
    const rejected = expect(asked).rejects.toThrow('no');
    writes[0]?.fail(new Error('no'));
    await rejected;
  });
});

describe('the end', () => {
  test('saves what is due, and nothing after', async () => {
    saving.changed();
    const stopped = saving.stop();
    await pass(0);
    writes[0]?.done();
    await stopped;
    saving.changed();
    await pass(60_000);
    expect(states().slice(0, 3)).toEqual(['unsaved', 'saving', 'saved']);
    expect(writes).toHaveLength(1);
  });

  test('waits for a save that is under way', async () => {
    saving.changed();
    await pass(1_000);
    let over = false;
    const stopped = saving.stop().then(() => {
      over = true;
    });
    await pass(0);
    expect(over).toBe(false);
    writes[0]?.done();
    await stopped;
    expect(writes).toHaveLength(1);
  });

  test('does not try for ever what fails', async () => {
    saving.changed();
    const stopped = expect(saving.stop()).rejects.toThrow('gone');
    writes[0]?.fail(new Error('gone'));
    await stopped;
    await pass(60_000);
    expect(writes).toHaveLength(1);
  });
});
