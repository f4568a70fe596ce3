/** What a kernel offers as the next input, in the notebook. */
import { beforeEach, describe, expect, test } from '@jest/globals';
import { CellId } from '@cokernel/proto/hub';
import {
  deleteCell,
  fillDocument,
  makeCodeCell,
  makeNotebook,
  readDocument,
  setSource,
} from '@cokernel/proto/notebook';
import * as Y from 'yjs';
import { writeNextInput } from '../../src/room/next-input.js';
import { queuedRun } from '../support/queued-run.js';

const c1 = CellId.parse('c1');
const run = queuedRun({ runId: 'r1', cell: 'c1', author: 'ann', source: '%load a.py' });
let doc: Y.Doc;

beforeEach(() => {
  doc = new Y.Doc();
  const cells = [{ ...makeCodeCell('%load a.py'), id: c1 }, makeCodeCell('last')];
  fillDocument(doc, makeNotebook(cells));
});

const sources = (): readonly string[] => readDocument(doc).cells.map(({ source }) => source);

describe('the next input', () => {
  test('[J15] replaces the text that ran', () => {
    writeNextInput(doc, run, { type: 'nextInput', text: 'x = 1', replace: true });
    expect(sources()).toEqual(['x = 1', 'last']);
  });

  test('[J15] stands in a new cell right below where it replaces nothing, named after who ran it', () => {
    writeNextInput(doc, run, { type: 'nextInput', text: 'x = 1', replace: false });
    expect(sources()).toEqual(['%load a.py', 'x = 1', 'last']);
    expect(readDocument(doc).cells[1]?.metadata).toEqual({
      cokernel: { author: { name: 'ann', client: 'program' } },
    });
  });

  test('[J15] does not replace what somebody has written since', () => {
    setSource(doc, c1, 'work of Ben');
    writeNextInput(doc, run, { type: 'nextInput', text: 'x = 1', replace: true });
    expect(sources()).toEqual(['work of Ben', 'x = 1', 'last']);
  });

  test('of a run whose cell is gone, or that has none, has no place', () => {
    const offer = { type: 'nextInput', text: 'x = 1', replace: false } as const;
    writeNextInput(doc, queuedRun({ cell: null }), offer);
    deleteCell(doc, c1);
    writeNextInput(doc, run, offer);
    expect(sources()).toEqual(['last']);
  });
});
