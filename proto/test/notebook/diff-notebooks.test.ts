/** What changed from one state of a notebook to another. */
import { describe, expect, test } from '@jest/globals';
import { CellId } from '@cokernel/proto/hub';
import { diffNotebooks, makeCodeCell, makeMarkdownCell, makeNotebook } from '@cokernel/proto/notebook';
import type { Cell, CodeCell } from '@cokernel/proto/notebook';

const code = (id: string, source: string, more: Partial<CodeCell> = {}): CodeCell => ({
  ...makeCodeCell(source),
  ...more,
  id: CellId.parse(id),
});
const difference = (before: readonly Cell[], after: readonly Cell[]) =>
  diffNotebooks(makeNotebook(before), makeNotebook(after));
/** `a changed`, `b moved`, … */
const told = (before: readonly Cell[], after: readonly Cell[]): string[] =>
  difference(before, after).cells.map(({ cellId, change, moved, others }) =>
    [cellId, change, ...(moved ? ['moved'] : []), ...others].join(' '),
  );

const [a, b, c, d] = ['a', 'b', 'c', 'd'].map((id) => code(id, `text of ${id}`)) as [Cell, Cell, Cell, Cell];

describe('[P40] a difference', () => {
  test('of equal notebooks is empty', () => {
    expect(difference([a, b], [a, b])).toEqual({ cells: [], metadata: false });
  });

  test('has added cells at their place, and deleted ones behind what they followed', () => {
    expect(told([a, b, c], [d, a, c])).toEqual(['d added', 'b deleted']);
    expect(told([a, b], [b])).toEqual(['a deleted']);
    expect(told([a, b, c], [])).toEqual(['a deleted', 'b deleted', 'c deleted']);
    expect(told([a, b, c], [code('a', 'new'), c])).toEqual(['a changed', 'b deleted']);
  });

  test('has as few moved cells as can be', () => {
    expect(told([a, b, c, d], [d, a, b, c])).toEqual(['d changed moved']);
    expect(told([a, b], [a, c, b])).toEqual(['c added']);
  });

  test('has the lines of a changed text', () => {
    const [cell] = difference([code('a', 'x = 1\ny = 2\nz = 3')], [code('a', 'x = 1\ny = 20\nz = 3\n')]).cells;
    expect(cell?.source).toEqual([
      { in: 'both', lines: ['x = 1'] },
      { in: 'before', lines: ['y = 2'] },
      { in: 'after', lines: ['y = 20'] },
      { in: 'both', lines: ['z = 3'] },
    ]);
  });

  test('of long texts without order is told in bearable time, as a whole', () => {
    const lines = (count: number): string => Array.from({ length: count }, () => 'same').join('\n');
    const [cell] = difference([code('a', lines(3_000))], [code('a', `${lines(3_000)}\nend`)]).cells;
    expect(cell?.source.map((part) => part.in)).toEqual(['before', 'after']);
  });

  test('names what else changed, and not what a run notes', () => {
    const output = { output_type: 'stream', name: 'stdout', text: 'hi' } as const;
    const result = { output_type: 'execute_result', data: {}, metadata: {} } as const;
    const run = { execution: { 'shell.execute_reply': 'now' }, cokernel: { run: { state: 'succeeded' } } };
    expect(told([a], [code('a', 'text of a', { outputs: [output] })])).toEqual(['a changed outputs']);
    expect(told([a], [code('a', 'text of a', { metadata: { tags: ['x'] } })])).toEqual(['a changed metadata']);
    expect(told([a], [{ ...makeMarkdownCell('text of a'), id: CellId.parse('a') }])).toEqual(['a changed type']);
    const before = code('a', '1', { outputs: [{ ...result, execution_count: 1 }] });
    const after = code('a', '1', { outputs: [{ ...result, execution_count: 2 }], execution_count: 2, metadata: run });
    expect(told([before], [after])).toEqual([]);
  });

  test('tells when the metadata of the notebook is another, but for its kernel', () => {
    const other = { ...makeNotebook([a]), metadata: { title: 'x' } };
    expect(diffNotebooks(makeNotebook([a]), other)).toEqual({ cells: [], metadata: true });
    const kernel = { ...makeNotebook([a]), metadata: { kernelspec: { name: 'x' }, language_info: {} } };
    expect(diffNotebooks(makeNotebook([a]), kernel).metadata).toBe(false);
  });
});
