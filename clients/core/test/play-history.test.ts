/** A history played again. */
import { describe, expect, test } from '@jest/globals';
import { toBase64 } from 'lib0/buffer';
import * as Y from 'yjs';
import { Epoch } from '@cokernel/proto/hub';
import type { HistoryRecord } from '@cokernel/proto/hub';
import { fillDocument, findCell, makeCodeCell, makeNotebook, readDocument, sourceText } from '@cokernel/proto/notebook';
import type { Notebook } from '@cokernel/proto/notebook';
import { playHistory } from '@cokernel/core';

const at = '2026-11-22T12:00:00Z';

/** A document that is written in, and the records of that. */
function recorded(epoch: string, words: readonly string[], newSegmentAfter = Infinity) {
  const doc = new Y.Doc();
  const cell = makeCodeCell('');
  fillDocument(doc, makeNotebook([cell]));
  const begin = (segment: number): HistoryRecord => ({
    type: 'began',
    at,
    segment,
    epoch: Epoch.parse(epoch),
    state: toBase64(Y.encodeStateAsUpdate(doc)),
  });
  const records = [begin(1)];
  doc.on('update', (update: Uint8Array) => {
    records.push({ type: 'edited', at, by: null, update: toBase64(update) });
  });
  for (const [index, word] of words.entries()) {
    if (index > 0 && index % newSegmentAfter === 0) records.push(begin(1 + index / newSegmentAfter));
    const found = findCell(doc, cell.id);
    const text = found === null ? null : sourceText(found);
    text?.insert(text.length, word);
  }
  return { doc, records };
}

async function textsOf(records: Iterable<HistoryRecord>): Promise<string[]> {
  const texts: string[] = [];
  for await (const { notebook } of playHistory(records)) {
    texts.push(
      notebook()
        .cells.map(({ source }) => source)
        .join(),
    );
  }
  return texts;
}

describe('[P42] a history', () => {
  test('plays step by step to the document that it was written of', async () => {
    const { doc, records } = recorded('e', ['a', 'b', 'c']);
    expect(await textsOf(records)).toEqual(['', 'a', 'ab', 'abc']);
    let last = makeNotebook();
    for await (const step of playHistory(records)) last = step.notebook();
    expect(last).toEqual(readDocument(doc));
    const notebooks: Notebook[] = [];
    for await (const step of playHistory([...records, ...records.slice(0, 1)])) notebooks.push(step.notebook());
    expect(notebooks.at(-1)).toBe(notebooks.at(-2));
  });

  test('plays over its segments without a jump, and from any of them to the same end', async () => {
    const { records } = recorded('e', ['a', 'b', 'c', 'd'], 2);
    expect(await textsOf(records)).toEqual(['', 'a', 'ab', 'ab', 'abc', 'abcd']);
    const documents = new Set<Y.Doc>();
    for await (const { doc } of playHistory(records)) documents.add(doc);
    expect(documents.size).toBe(1);
    const second = records.findLastIndex(({ type }) => type === 'began');
    expect((await textsOf(records.slice(second))).at(-1)).toBe('abcd');
  });

  test('begins anew with another epoch', async () => {
    const records = [...recorded('e1', ['old']).records, ...recorded('e2', ['new']).records];
    expect(await textsOf(records)).toEqual(['', 'old', '', 'new']);
  });

  test('without a beginning is not played', async () => {
    expect(await textsOf(recorded('e', ['a']).records.slice(1))).toEqual([]);
  });
});
