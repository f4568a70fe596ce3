/** What the panel of versions says. */
import { describe, expect, test } from '@jest/globals';
import { versionReason } from '@cokernel/core';
import { CellId, ParticipantId, VersionKind } from '@cokernel/proto/hub';
import type { NotebookDifference } from '@cokernel/proto/hub';
import { cellText, whenText } from '../src/notebook-page/version-texts.js';

const cell: NotebookDifference['cells'][number] = {
  cellId: CellId.parse('c'),
  cellType: 'code',
  change: 'changed',
  moved: false,
  source: [],
  others: [],
};

describe('a version', () => {
  test('says by itself why it was kept, each kind another', () => {
    const author = { participantId: ParticipantId.parse('p'), name: 'Ann' };
    const reasons = VersionKind.options.map((kind) => versionReason({ kind, author }));
    expect(new Set(reasons).size).toBe(VersionKind.options.length);
    expect(versionReason({ kind: 'afterBatch', author: null })).toBe('after somebody’s runs');
  });

  test('of today has a time, an older one its day too', () => {
    const now = new Date(2026, 10, 22, 18, 30);
    expect(whenText(new Date(2026, 10, 22, 9, 5).toISOString(), now)).toBe('09:05');
    expect(whenText(new Date(2026, 10, 21, 9, 5).toISOString(), now)).toBe('21 Nov, 09:05');
  });
});

describe('a cell’s change', () => {
  test('is named in a few words', () => {
    expect(cellText({ ...cell, change: 'added' })).toBe('Code cell added');
    expect(cellText({ ...cell, cellType: 'markdown', moved: true })).toBe('Text cell moved');
    const edited = { ...cell, source: [{ in: 'after' as const, lines: ['x'] }] };
    expect(cellText({ ...edited, others: ['outputs', 'metadata'] })).toBe(
      'Code cell edited, outputs and metadata changed',
    );
  });
});
