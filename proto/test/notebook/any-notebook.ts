/** Random notebooks, small enough to be many. */
import fc from 'fast-check';
import { CellId } from '../../src/hub/index.js';
import { toJsonObject, type Cell, type JsonObject, type Notebook, type Output } from '../../src/notebook/index.js';

const text = fc.string({ unit: 'binary', maxLength: 20 });
const object: fc.Arbitrary<JsonObject> = fc
  .dictionary(text, fc.jsonValue({ maxDepth: 1 }), { maxKeys: 3 })
  // Reading takes this one key away, and says so: corpus.test.ts has it.
  .filter((value) => !JSON.stringify(value).includes('"__proto__"'))
  .map(toObject);
const count = fc.option(fc.nat(99));

function toObject(value: object): JsonObject {
  return toJsonObject(value);
}

const bundle = fc
  .dictionary(fc.constantFrom('text/plain', 'text/html', 'image/png', 'image/svg+xml'), text, {
    maxKeys: 2,
  })
  .map(toObject);

const output: fc.Arbitrary<Output> = fc.oneof(
  fc.record({
    output_type: fc.constant('stream' as const),
    name: fc.constantFrom('stdout' as const, 'stderr' as const),
    text,
  }),
  fc.record({ output_type: fc.constant('display_data' as const), data: bundle, metadata: object }),
  fc.record({
    output_type: fc.constant('execute_result' as const),
    data: bundle,
    metadata: object,
    execution_count: count,
  }),
  fc.record({
    output_type: fc.constant('error' as const),
    ename: text,
    evalue: text,
    traceback: fc.array(text, { maxLength: 3 }),
  }),
);

const base = { id: fc.uuid().map((id) => CellId.parse(id)), source: text, metadata: object };

const cell: fc.Arbitrary<Cell> = fc.oneof(
  fc.record({
    ...base,
    cell_type: fc.constant('code' as const),
    execution_count: count,
    outputs: fc.array(output, { maxLength: 3 }),
  }),
  fc.record({ ...base, cell_type: fc.constantFrom('markdown' as const, 'raw' as const) }),
);

export const anyNotebook: fc.Arbitrary<Notebook> = fc.record({
  nbformat: fc.constant(4 as const),
  nbformat_minor: fc.constantFrom(0, 4, 5),
  metadata: object,
  cells: fc.array(cell, { maxLength: 4 }),
});
