import { CellId } from '@cokernel/proto/hub';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { movePlan } from '../src/notebook-widget/move-plan.js';

const ids = ['a', 'b', 'c', 'd', 'e'].map((id) => CellId.parse(id));

/** What the shared notebook's own moveCells would give. */
function moved(from: number, to: number, count: number): string[] {
  const rest: string[] = [...ids];
  const taken = rest.splice(from, count);
  rest.splice(from > to ? to : to - count + 1, 0, ...taken);
  return rest;
}

/** What the hub makes of the plan, one call after the other. */
function carriedOut(from: number, to: number, count: number): string[] {
  const plan = movePlan(ids, from, to, count);
  let cells: string[] = [...ids];
  for (const id of plan?.moved ?? []) {
    const others = cells.filter((cell) => cell !== id);
    const place = plan?.before === null ? others.length : others.indexOf(plan?.before ?? '');
    cells = [...others.slice(0, place), id, ...others.slice(place)];
  }
  return cells;
}

describe('moving cells', () => {
  test('one up and one down are moves before the right neighbour', () => {
    expect(movePlan(ids, 2, 1, 1)).toEqual({ moved: ['c'], before: 'b' });
    expect(movePlan(ids, 1, 2, 1)).toEqual({ moved: ['b'], before: 'd' });
    expect(movePlan(ids, 0, 4, 1)).toEqual({ moved: ['a'], before: null });
  });

  test('beyond the ends is bounded, and a move to the same place is none', () => {
    expect(movePlan(ids, 0, -3, 1)).toBeNull();
    expect(movePlan(ids, 4, 9, 1)).toBeNull();
  });

  test('by calls gives the order that the widget asked for', () => {
    const move = fc
      .record({ from: fc.nat(4), to: fc.nat(4), count: fc.integer({ min: 1, max: 3 }) })
      .filter(({ from, to, count }) => from + count <= ids.length && (to < from || to >= from + count));
    fc.assert(
      fc.property(move, ({ from, to, count }) => {
        expect(carriedOut(from, to, count)).toEqual(moved(from, to, count));
      }),
    );
  });
});
