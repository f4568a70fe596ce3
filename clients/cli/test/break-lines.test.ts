import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import type { RoomState } from '@cokernel/core';
import { BreakLines } from '../src/attach/break-lines.js';
import { makePaint } from '../src/text/terminal-text.js';

/** A break concerns nothing else of the state. */
function state(connection: RoomState['connection'], trouble: string | null = null): RoomState {
  return { connection, trouble, you: {} } as unknown as RoomState;
}

describe('[M31] what is said of a connection that breaks', () => {
  let said: string[];
  let breaks: BreakLines;

  beforeEach(() => {
    jest.useFakeTimers();
    said = [];
    breaks = new BreakLines(state('connected'), { say: (line) => said.push(line), paint: makePaint(false) });
  });

  afterEach(() => {
    jest.useRealTimers();
  });

  test('nothing of one that is over at once, as when one hub hands over to another', () => {
    breaks.changed(state('disconnected'));
    breaks.changed(state('disconnected', 'no hub answers'));
    jest.advanceTimersByTime(1_000);
    breaks.changed(state('connected'));
    jest.advanceTimersByTime(10_000);
    expect(said).toEqual([]);
  });

  test('one that lasts, why, and that it is over', () => {
    breaks.changed(state('disconnected'));
    jest.advanceTimersByTime(1_000);
    breaks.changed(state('disconnected', 'no hub answers'));
    jest.advanceTimersByTime(1_000);
    expect(said).toEqual(['connection lost; trying again', 'no hub answers; trying again']);
    breaks.changed(state('connected'));
    expect(said.at(-1)).toBe('connected again');
  });

  test('nothing after the terminal has left', () => {
    breaks.changed(state('disconnected'));
    breaks.close();
    jest.advanceTimersByTime(10_000);
    expect(said).toEqual([]);
  });
});
