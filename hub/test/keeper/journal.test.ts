/** The journal, its files, and what an attached hub reads from it: nothing lost, doubled or out of order, and bounded. */
import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { Journal, type Entry } from '../../src/keeper/journal.js';
import { JournalReader } from '../../src/keeper/journal-reader.js';
import { readRecords, recordHead, type JournalRecord } from '../../src/keeper/journal-record.js';
import { JournalSegments } from '../../src/keeper/journal-segments.js';
import { scratchFolder, type ScratchFolder } from '../support/scratch-folder.js';

let folder: ScratchFolder;
let parts = 0;

beforeEach(async () => {
  folder = await scratchFolder();
});
afterEach(() => folder.remove());

function newFolder(name: string): string {
  const path = join(folder.path, name);
  mkdirSync(path);
  return path;
}

/** A folder of its own for each property's run. */
function newSegments(maxBytes: number, segmentBytes = Math.ceil(maxBytes / 8)): JournalSegments {
  parts += 1;
  return segmentsAt(newFolder(`part-${String(parts)}`), maxBytes, segmentBytes);
}

function segmentsAt(path: string, maxBytes = 1e6, segmentBytes = 1e5): JournalSegments {
  return new JournalSegments({ folder: path, maxBytes, maxUnreadBytes: maxBytes, segmentBytes });
}

interface Made {
  readonly maxMemoryBytes?: number;
  readonly lastSeq?: number;
  readonly errors?: unknown[];
}

function newJournal(segments: JournalSegments | null, made: Made = {}): Journal {
  return new Journal({
    segments,
    lastSeq: made.lastSeq ?? 0,
    maxMemoryBytes: made.maxMemoryBytes ?? 100,
    unreadSeq: () => Infinity,
    frameOf: ({ payload }) => Buffer.from(payload),
    onUnwritable: (error) => made.errors?.push(error),
  });
}

const entry =
  (payload: Buffer) =>
  (seq: number): Entry => ({ frame: payload, record: { kind: 'message', seq, payload } });

/** What a reader gets to the end: payloads, and gaps as `[from, to]`. */
function readAll(reader: JournalReader): (string | [number, number])[] {
  const heard: (string | [number, number])[] = [];
  for (let step = reader.next(); step.kind !== 'end'; step = reader.next()) {
    heard.push(step.kind === 'gap' ? [step.fromSeq, step.toSeq] : step.frame.toString());
  }
  return heard;
}

function contents(count: number): Buffer[] {
  return Array.from({ length: count }, (_, index) => Buffer.from(String(index + 1).padStart(10, '.')));
}

describe('Journal', () => {
  test('[X7] reads on from any place what was written, from memory or from the files, each entry once', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(3), { maxLength: 200 }), fc.nat(300), fc.boolean(), (steps, from, inMemory) => {
        const segments = newSegments(1e6, 200);
        segments.create();
        const journal = newJournal(segments, { maxMemoryBytes: inMemory ? 1e6 : 60 });
        const all = contents(steps.length);
        const reader = new JournalReader(journal, 0);
        const heard: unknown[] = [];
        all.forEach((payload, index) => {
          journal.append(entry(payload));
          if (steps[index] !== 0) journal.flush();
          if (steps[index] === 2) heard.push(...readAll(reader));
        });
        journal.flush();
        const late = new JournalReader(journal, from);
        expect([...heard, ...readAll(reader)]).toEqual(all.map(String));
        expect(readAll(late)).toEqual(all.slice(Math.min(from, all.length)).map(String));
        journal.close();
      }),
      { numRuns: 60 },
    );
  });

  test('shows nothing before it is written', () => {
    const segments = newSegments(1e6);
    segments.create();
    const journal = newJournal(segments);
    const reader = new JournalReader(journal, 0);
    expect(journal.append(entry(Buffer.from('a')))).toBe(1);
    expect(journal.lastSeq).toBe(0);
    expect(reader.next()).toEqual({ kind: 'end' });
    journal.flush();
    expect(segments.read(1)?.map(({ seq }) => seq)).toEqual([1]);
    expect(reader.next()).toMatchObject({ kind: 'entry', seq: 1 });
    journal.close();
  });

  test('[X16] stays within its bounds, on the disk and in memory, and tells the gap', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(80), { minLength: 1, maxLength: 300 }), (sizes) => {
        const segments = newSegments(4_000);
        segments.create();
        const journal = newJournal(segments, { maxMemoryBytes: 200 });
        const all = sizes.map((size, index) => Buffer.alloc(size + 1, 65 + (index % 26)));
        for (const payload of all) {
          journal.append(entry(payload));
          journal.flush();
        }
        expect(journal.bytes).toBeLessThanOrEqual(4_000);
        const [first, ...rest] = readAll(new JournalReader(journal, 0));
        const kept = typeof first === 'string' ? [first, ...rest] : rest;
        expect(kept).toEqual(all.slice(all.length - kept.length).map(String));
        if (Array.isArray(first)) expect(first).toEqual([0, all.length - kept.length + 1]);
        journal.close();
      }),
      { numRuns: 60 },
    );
  });

  test('keeps the newest entry, however large', () => {
    const segments = newSegments(100);
    segments.create();
    const journal = newJournal(segments, { maxMemoryBytes: 10 });
    for (const size of [5, 1_000]) journal.append(entry(Buffer.alloc(size, 'x')));
    journal.flush();
    journal.append(entry(Buffer.alloc(2_000, 'y')));
    journal.flush();
    expect(readAll(new JournalReader(journal, 0))).toEqual([[0, 3], 'y'.repeat(2_000)]);
    journal.close();
  });

  test('forgets thousands of entries in memory without losing count', () => {
    const journal = newJournal(null);
    for (const payload of contents(10_000)) {
      journal.append(entry(payload));
      journal.flush();
    }
    expect(journal.lastSeq).toBe(10_000);
    expect(readAll(new JournalReader(journal, 9_999))).toEqual(['10000'.padStart(10, '.')]);
    expect(readAll(new JournalReader(journal, 5))[0]).toEqual([5, 9_991]);
  });

  test('goes on in memory when nothing can be written, and says so once', () => {
    const errors: unknown[] = [];
    const path = newFolder('full');
    const segments = segmentsAt(path, 1e6, 10);
    segments.create();
    const journal = newJournal(segments, { errors, maxMemoryBytes: 1e6 });
    const reader = new JournalReader(journal, 0);
    for (const text of ['a', 'b', 'c']) {
      if (text === 'b') rmSync(path, { recursive: true });
      journal.append(entry(Buffer.from(text)));
      journal.flush();
    }
    expect(readAll(reader)).toEqual(['a', 'b', 'c']);
    expect(errors).toHaveLength(1);
  });

  test('steps over entries of a file that was damaged', () => {
    const path = newFolder('damaged');
    const segments = segmentsAt(path, 1e6, 100);
    segments.create();
    const journal = newJournal(segments, { maxMemoryBytes: 1 });
    for (const payload of contents(12)) {
      journal.append(entry(payload));
      journal.flush();
    }
    const [first = '', second = ''] = filesIn(path);
    const bytes = readFileSync(join(path, first));
    bytes[bytes.length - 1] = 0;
    writeFileSync(join(path, first), bytes);
    const firstOfSecond = Number(second.slice('journal-'.length));
    const heard = readAll(new JournalReader(journal, 0));
    expect(heard[firstOfSecond - 2]).toEqual([firstOfSecond - 2, firstOfSecond]);
    expect(heard.filter((step) => typeof step === 'string')).toHaveLength(11);
    journal.close();
  });
});

function filesIn(path: string): string[] {
  return readdirSync(path).sort((a, b) => Number(a.slice(8)) - Number(b.slice(8)));
}

describe('JournalSegments', () => {
  test('the next keeper goes on after the last record that was written whole', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 40 }), fc.nat(100), (count, torn) => {
        parts += 1;
        const path = newFolder(`next-${String(parts)}`);
        const before = segmentsAt(path, 1e6, 150);
        before.create();
        for (const [index, payload] of contents(count).entries()) {
          before.append([{ kind: 'message', seq: index + 1, payload }], Infinity);
        }
        before.close();
        const newest = join(path, filesIn(path).at(-1) ?? '');
        const cut = Math.min(torn, statSync(newest).size);
        truncateSync(newest, statSync(newest).size - cut);
        const after = segmentsAt(path, 1e6, 150);
        const lastSeq = after.recover();
        expect(lastSeq).toBe(count - Math.ceil(cut / 27));
        after.append([{ kind: 'event', seq: lastSeq + 1, payload: Buffer.from('{}') }], Infinity);
        expect(after.read(lastSeq + 1)?.at(-1)).toEqual({
          kind: 'event',
          seq: lastSeq + 1,
          payload: Buffer.from('{}'),
        });
        const journal = newJournal(after, { lastSeq: lastSeq + 1 });
        expect(readAll(new JournalReader(journal, 0))).toEqual([...contents(lastSeq).map(String), '{}']);
        journal.close();
      }),
      { numRuns: 60 },
    );
  });

  test('a journal that is not there, or whose newest file is damaged, is lost', () => {
    const path = newFolder('lost');
    expect(() => segmentsAt(path).recover()).toThrow('not there');
    const segments = segmentsAt(path);
    segments.create();
    segments.append([{ kind: 'message', seq: 1, payload: Buffer.from('whole') }], Infinity);
    segments.close();
    const file = join(path, 'journal-1');
    const bytes = readFileSync(file);
    bytes.writeUInt8(0, bytes.length - 1);
    writeFileSync(file, bytes);
    expect(() => segmentsAt(path).recover()).toThrow('damaged');
  });

  test('its files are the owner’s only', () => {
    const path = newFolder('mine');
    const segments = segmentsAt(path);
    segments.create();
    expect((statSync(join(path, 'journal-1')).mode & 0o777).toString(8)).toBe('600');
    segments.close();
  });
});

describe('records', () => {
  const record: JournalRecord = { kind: 'event', seq: 2 ** 40, payload: Buffer.from('payload') };
  const next = { ...record, seq: record.seq + 1 };
  const bytes = Buffer.concat([recordHead(record), record.payload]);
  const nextBytes = Buffer.concat([recordHead(next), next.payload]);

  test('are read as they were written', () => {
    expect(readRecords(Buffer.concat([bytes, nextBytes]), record.seq)).toEqual({
      records: [record, next],
      wholeBytes: 2 * bytes.length,
      end: 'whole',
    });
  });

  test.each(Array.from({ length: 20 }, (_, index) => index + 1))(
    'a tail of %i bytes is torn, not damaged',
    (length) => {
      const read = readRecords(Buffer.concat([bytes, nextBytes.subarray(0, length)]), record.seq);
      expect(read).toMatchObject({ wholeBytes: bytes.length, end: 'torn' });
    },
  );

  test('bytes that are not ours are damaged, whatever length they seem to have', () => {
    expect(readRecords(Buffer.from('nothing of ours, and longer than a head'), 1).end).toBe('damaged');
    expect(readRecords(Buffer.concat([bytes, bytes]), record.seq)).toMatchObject({ records: [record], end: 'damaged' });
  });

  test('no byte that is changed goes unseen', () => {
    fc.assert(
      fc.property(fc.nat(bytes.length - 1), fc.integer({ min: 1, max: 255 }), (at, change) => {
        const other = Buffer.from(bytes);
        other[at] = (other[at] ?? 0) ^ change;
        expect(readRecords(other, record.seq).records).toEqual([]);
      }),
    );
  });
});
