/** Notebooks of few cells, texts and keys, so that two of them often have something in common. */
import fc from 'fast-check';
import { CellId } from '../../../src/hub/index.js';
import type { Cell, JsonObject, Notebook, Output } from '../../../src/notebook/index.js';

const line = fc.constantFrom('', 'a = 1', 'b = 2', 'print(a, b)', '😀 = "😁"', 'for x in y:', '    pass', '\r');
const source = fc.array(line, { maxLength: 6 }).map((lines) => lines.join('\n'));
const value = fc.constantFrom(1, 'two', null, true, ['x'], { deep: { deeper: 1 } });
const metadata: fc.Arbitrary<JsonObject> = fc.dictionary(fc.constantFrom('tags', 'name', 'jupyter'), value, {
  maxKeys: 3,
  noNullPrototype: true,
});

const output: fc.Arbitrary<Output> = fc.oneof(
  fc.record({
    output_type: fc.constant('stream' as const),
    name: fc.constantFrom('stdout' as const, 'stderr' as const),
    text: source,
  }),
  fc.record({
    output_type: fc.constant('display_data' as const),
    data: fc.constantFrom<JsonObject>({ 'text/plain': 'x' }, { 'application/json': { x: 1 } }),
    metadata,
  }),
  fc.record({
    output_type: fc.constant('error' as const),
    ename: line,
    evalue: line,
    traceback: fc.array(line, { maxLength: 2 }),
  }),
);

function cellOf(id: string): fc.Arbitrary<Cell> {
  const base = { id: fc.constant(CellId.parse(id)), source, metadata };
  return fc.oneof(
    fc.record({
      ...base,
      cell_type: fc.constant('code' as const),
      execution_count: fc.constantFrom(null, 1, 2),
      outputs: fc.array(output, { maxLength: 2 }),
    }),
    fc.record({ ...base, cell_type: fc.constant('markdown' as const) }),
    fc.record({
      ...base,
      cell_type: fc.constant('raw' as const),
      attachments: fc.constant({ 'a.png': { 'image/png': 'aGk=' } }),
    }),
  );
}

/** Cells of ids `<prefix>0` to `<prefix>6`, in any order. */
export function notebooks(prefix = 'c'): fc.Arbitrary<Notebook> {
  const ids = Array.from({ length: 7 }, (_, index) => `${prefix}${String(index)}`);
  return fc.shuffledSubarray(ids).chain((chosen) =>
    fc.record({
      nbformat: fc.constant(4 as const),
      nbformat_minor: fc.constantFrom(4, 5),
      metadata,
      cells: fc.tuple(...chosen.map(cellOf)),
    }),
  );
}
