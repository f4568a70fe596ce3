/** A notebook as text that keeps all of it. */
import { expect, test } from '@jest/globals';
import { CellId, ContentHash, TextId } from '@cokernel/proto/hub';
import {
  STORED_MIME,
  makeCodeCell,
  makeNotebook,
  readSnapshot,
  storedReferences,
  writeSnapshot,
} from '@cokernel/proto/notebook';
import type { Notebook, Output } from '@cokernel/proto/notebook';

const hash = (digit: string): ContentHash => ContentHash.parse(digit.repeat(64));
const stored = { id: TextId.parse('t1'), sha256: hash('a'), bytes: 9, gap: { from: 0, to: 1 } };

const outputs: Output[] = [
  { output_type: 'stream', name: 'stdout', text: 'ends', stored },
  {
    output_type: 'stream',
    name: 'stderr',
    text: 'goes on',
    stored: { ...stored, id: TextId.parse('t2'), sha256: null },
  },
  {
    output_type: 'display_data',
    data: { 'text/plain': 'a plot', [STORED_MIME]: { 'image/png': { sha256: hash('b'), bytes: 5 } } },
    metadata: {},
  },
  { output_type: 'display_data', data: { [STORED_MIME]: { 'image/png': { sha256: 'no hash' } } }, metadata: {} },
];

/** As of an old file: no cell has an id there, but here each has. */
const notebook: Notebook = {
  ...makeNotebook([
    { ...makeCodeCell('1'), id: CellId.parse('c0'), outputs, metadata: { odd: [Number.NaN, -0, null] } },
  ]),
  nbformat_minor: 2,
};

test('what is read back is what was written, with ids, stored texts and numbers that JSON does not know', () => {
  expect(readSnapshot(writeSnapshot(notebook))).toEqual(notebook);
  expect(writeSnapshot(readSnapshot(writeSnapshot(notebook)))).toBe(writeSnapshot(notebook));
});

test('what is no snapshot is refused', () => {
  expect(() => readSnapshot('{}')).toThrow('no snapshot');
  expect(() => readSnapshot('{')).toThrow();
});

test('all that lies in the output store is named once', () => {
  expect(storedReferences([...notebook.cells, ...notebook.cells])).toEqual(['t1', hash('a'), 't2', hash('b')]);
});
