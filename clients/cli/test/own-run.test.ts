/** One's own run, asked to stop at any moment of its life. */
import { describe, expect, test } from '@jest/globals';
import type { Room, RoomDocument } from '@cokernel/core';
import { CallError } from '@cokernel/core';
import * as Y from 'yjs';
import { OwnRun } from '../src/attach/own-run.js';

/** A room whose hub answers when the test says so; `calls` are those made so far. */
function room() {
  const doc = new Y.Doc();
  const calls: string[] = [];
  const answers = new Map<string, { resolve: (result: unknown) => void; reject: (error: Error) => void }>();
  const call = (name: string): Promise<unknown> => {
    calls.push(name);
    return new Promise((resolve, reject) => answers.set(name, { resolve, reject }));
  };
  const fake = { call, state: { connection: 'connected' } } as unknown as Room;
  const own = new OwnRun(fake, { doc } as unknown as RoomDocument, '1', 'Ann');
  return { own, calls, answers };
}

const accepted = { runs: [{ run: { runId: 'r1' } }] };
const soon = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('a run that is stopped', () => {
  test('[M30] before the hub has taken it is withdrawn as soon as it has', async () => {
    const { own, calls, answers } = room();
    const asked = own.request();
    const stopped = own.stop();
    await soon();
    expect(calls).toEqual(['run']);
    answers.get('run')?.resolve(accepted);
    await asked;
    await soon();
    answers.get('cancel')?.resolve({ cancelled: ['r1'] });
    await stopped;
    expect(calls).toEqual(['run', 'cancel']);
  });

  test('[M30] and waits no more is interrupted', async () => {
    const { own, calls, answers } = room();
    const asked = own.request();
    answers.get('run')?.resolve(accepted);
    await asked;
    const stopped = own.stop();
    await soon();
    answers.get('cancel')?.resolve({ cancelled: [] });
    await soon();
    answers.get('interrupt')?.resolve({ interrupted: 'r1' });
    await stopped;
    expect(calls).toEqual(['run', 'cancel', 'interrupt']);
  });

  test('and was refused needs nothing more', async () => {
    const { own, calls, answers } = room();
    const asked = own.request();
    const stopped = own.stop();
    answers.get('run')?.reject(new CallError('tooManyWait', 'no'));
    await expect(asked).rejects.toThrow('no');
    await stopped;
    expect(calls).toEqual(['run']);
  });
});
