/** What every DocumentStore must do, whatever keeps it. */
import { expect, test } from '@jest/globals';
import { Epoch } from '@cokernel/proto/hub';
import fc from 'fast-check';
import * as Y from 'yjs';
import { KEPT_MARKS, type DocumentStore, type KernelMark, type LogRecord } from '../../src/room/document-store.js';
import { newFileId } from '../support/queued-run.js';

const epoch = Epoch.parse('epoch-1');
const bytes = (...values: number[]): Uint8Array => Uint8Array.from(values);
const plain = (updates: readonly Uint8Array[] | undefined): number[][] => (updates ?? []).map((each) => [...each]);
const mark = (seq: number, runId = 'r'): KernelMark => ({
  runId,
  journalId: 'j',
  seq,
  reducerState: { clear: true, n: [seq] },
  end: seq % 2 === 0 ? null : { state: 'succeeded' },
});

/** An update that makes one entry, `number`, in a document. */
function entry(number: number): Uint8Array {
  const doc = new Y.Doc();
  doc.clientID = 1_000 + number;
  doc.getMap('entries').set(String(number), true);
  return Y.encodeStateAsUpdate(doc);
}

/** The entries of each update: a compacted state has several. */
function entries(updates: readonly Uint8Array[] | undefined): number[][] {
  return (updates ?? []).map((update) => {
    const doc = new Y.Doc();
    Y.applyUpdate(doc, update);
    return [...doc.getMap('entries').keys()].map(Number).sort((a, b) => a - b);
  });
}

const upTo = (count: number): number[] => Array.from({ length: count }, (_, number) => number);

/** `openStore` opens the same store anew each time. */
export function documentStoreContract(openStore: () => Promise<DocumentStore>, { sequences = 100 } = {}): void {
  test('a document without a log has none', async () => {
    const store = await openStore();
    expect(await store.open(newFileId(), 1)).toBeNull();
    await store.close();
  });

  test('[X1] a log gives back its epoch, updates in order, each run’s newest mark and facts after it was closed', async () => {
    const fileId = newFileId();
    let store = await openStore();
    const log = await store.create(fileId, 1, epoch, bytes(1));
    await log.append({ update: bytes(2), mark: mark(5) });
    await log.append({ update: bytes() });
    await log.append({ update: bytes(3), mark: mark(7, 'other') });
    await log.append({ update: bytes(3), mark: mark(6) });
    await log.append({ update: bytes(4) });
    await log.setFact('base', 'old');
    await log.setFact('base', 'größer 🙂');
    await store.close();
    store = await openStore();
    const loaded = (await store.open(fileId, 2))?.loaded;
    expect(plain(loaded?.updates)).toEqual([[1], [2], [], [3], [3], [4]]);
    expect(loaded).toMatchObject({ epoch, facts: { base: 'größer 🙂' }, tornBytes: 0 });
    expect(loaded?.marks).toEqual([mark(7, 'other'), mark(6)]);
    await store.close();
  });

  test('[X4] compaction keeps epoch, marks, facts and what is appended meanwhile, and makes the log small', async () => {
    const fileId = newFileId();
    let store = await openStore();
    const log = await store.create(fileId, 1, epoch, entry(0));
    await Promise.all(Array.from({ length: 200 }, () => log.append({ update: entry(1) })));
    await log.setFact('base', 'hash');
    await log.append({ update: entry(2), mark: mark(9) });
    const before = log.size().logBytes;
    const compacted = log.compact();
    const meanwhile = log.append({ update: entry(3) });
    await log.setFact('later', 'yes');
    await Promise.all([compacted, meanwhile]);
    await log.append({ update: entry(4) });
    expect(log.size().logBytes).toBeLessThan(before / 5);
    expect(log.size().baseBytes).toBeLessThan(200);
    // Two meanwhile, and one since.
    expect(log.size().records).toBe(3);
    await store.close();
    store = await openStore();
    const loaded = (await store.open(fileId, 1))?.loaded;
    expect(entries(loaded?.updates)).toEqual([[0, 1, 2], [3], [4]]);
    expect(loaded).toMatchObject({ epoch, marks: [mark(9)], facts: { base: 'hash', later: 'yes' }, tornBytes: 0 });
    await store.close();
  });

  test('[X4] a large log is compacted in a worker, and what is appended meanwhile is durable before it ends', async () => {
    const fileId = newFileId();
    const store = await openStore();
    const log = await store.create(fileId, 1, epoch, entry(0));
    await Promise.all(upTo(3_000).map((number) => log.append({ update: entry(number) })));
    let ended = false;
    const compacted = log.compact().finally(() => {
      ended = true;
    });
    let meanwhile = 0;
    for (; !ended; meanwhile += 1) await log.append({ update: entry(3_000 + meanwhile) });
    await compacted;
    expect(meanwhile).toBeGreaterThan(1);
    const loaded = (await store.open(fileId, 2))?.loaded;
    const [base, ...rest] = entries(loaded?.updates);
    expect(base).toEqual(upTo(3_000));
    expect(rest.flat()).toEqual(upTo(meanwhile).map((number) => 3_000 + number));
    await store.close();
  });

  test('two who ask for a compaction at once get one, and a log can be compacted again', async () => {
    const fileId = newFileId();
    const store = await openStore();
    const log = await store.create(fileId, 1, epoch, entry(0));
    await log.append({ update: entry(1) });
    await Promise.all([log.compact(), log.compact()]);
    await log.append({ update: entry(2) });
    await log.compact();
    await log.append({ update: entry(3) });
    expect(entries((await store.open(fileId, 2))?.loaded.updates)).toEqual([[0, 1, 2], [3]]);
    await store.close();
  });

  test('a stale fence is refused with the highest seen, to open and to create', async () => {
    const fileId = newFileId();
    let store = await openStore();
    await store.create(fileId, 5, epoch, bytes(1));
    const stale = { code: 'staleFence', highestFence: 5 };
    await expect(store.open(fileId, 4)).rejects.toMatchObject(stale);
    await store.close();
    store = await openStore();
    await expect(store.open(fileId, 4)).rejects.toMatchObject(stale);
    await expect(store.create(fileId, 4, epoch, bytes(1))).rejects.toMatchObject(stale);
    expect(await store.open(fileId, 6)).not.toBeNull();
    await store.close();
    store = await openStore();
    await expect(store.open(fileId, 5)).rejects.toMatchObject({ code: 'staleFence', highestFence: 6 });
    await store.close();
  });

  test('who opened a log before can not write to it after another has opened it', async () => {
    const fileId = newFileId();
    const store = await openStore();
    const former = await store.create(fileId, 1, epoch, bytes(1));
    const lastWord = former.append({ update: bytes(2) });
    const next = await store.open(fileId, 2);
    await lastWord;
    expect(plain(next?.loaded.updates)).toEqual([[1], [2]]);
    await expect(former.append({ update: bytes(3) })).rejects.toMatchObject({ code: 'staleFence' });
    await store.close();
  });

  test('creating over a log puts the old one aside and begins another epoch', async () => {
    const fileId = newFileId();
    const store = await openStore();
    await store.create(fileId, 1, epoch, bytes(1));
    await store.create(fileId, 2, Epoch.parse('epoch-2'), bytes(2));
    const loaded = (await store.open(fileId, 3))?.loaded;
    expect(loaded?.epoch).toBe('epoch-2');
    expect(plain(loaded?.updates)).toEqual([[2]]);
    await store.close();
  });

  test('[X1] a copy of another history is kept apart under a name, by which it can be read back', async () => {
    const fileId = newFileId();
    const store = await openStore();
    expect(await store.foreignCopies(fileId)).toEqual([]);
    const name = await store.keepForeignCopy(fileId, bytes(1, 2, 3));
    const second = await store.keepForeignCopy(fileId, bytes(4));
    expect(new Set(await store.foreignCopies(fileId))).toEqual(new Set([name, second]));
    // A stock client comes with it again and again.
    expect(await store.keepForeignCopy(fileId, bytes(1, 2, 3))).toBe(name);
    expect(await store.foreignCopies(fileId)).toHaveLength(2);
    expect(plain([(await store.readForeignCopy(fileId, name)) ?? bytes()])).toEqual([[1, 2, 3]]);
    expect(plain([(await store.readForeignCopy(fileId, second)) ?? bytes()])).toEqual([[4]]);
    for (const other of ['none', '', '.', '..', `../${name}`, `../../${fileId}.log`]) {
      expect(await store.readForeignCopy(fileId, other)).toBeNull();
    }
    expect(await store.readForeignCopy(newFileId(), name)).toBeNull();
    await store.close();
  });

  test('an id never leads out of the store, and ids that look alike are kept apart', async () => {
    const store = await openStore();
    for (const name of ['../up', 'a/b', '..', '.', 'a%2Fb']) {
      const fileId = newFileId(name);
      await store.create(fileId, 1, Epoch.parse(`epoch of ${name}`), bytes(1));
    }
    for (const name of ['../up', 'a/b', '..', '.', 'a%2Fb']) {
      expect((await store.open(newFileId(name), 1))?.loaded.epoch).toBe(`epoch of ${name}`);
    }
    await store.close();
  });

  test('any sequence of appends, facts, compactions and openings gives back what was put in', async () => {
    const step = fc.oneof(
      {
        weight: 6,
        arbitrary: fc.record({
          do: fc.constant('append' as const),
          seq: fc.nat(),
          run: fc.nat(24),
        }),
      },
      { weight: 2, arbitrary: fc.record({ do: fc.constant('fact' as const), name: fc.string(), value: fc.string() }) },
      { weight: 1, arbitrary: fc.constant({ do: 'compact' as const }) },
      { weight: 1, arbitrary: fc.constant({ do: 'open' as const }) },
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
        const fileId = newFileId();
        let store = await openStore();
        let log = await store.create(fileId, 1, epoch, entry(0));
        let next = 1;
        const marks = new Map<string, KernelMark>();
        const facts = new Map<string, string>();
        let expected = [[0]];
        const waiting: Promise<void>[] = [];
        for (const each of [...steps, { do: 'open' as const }]) {
          switch (each.do) {
            case 'append': {
              const update = entry(next);
              const record: LogRecord =
                each.seq % 2 === 0 ? { update } : { update, mark: mark(each.seq, `r${each.run}`) };
              waiting.push(log.append(record));
              expected.push([next]);
              next += 1;
              if (record.mark !== undefined) {
                marks.delete(record.mark.runId);
                marks.set(record.mark.runId, record.mark);
              }
              break;
            }
            case 'fact':
              waiting.push(log.setFact(each.name, each.value));
              facts.set(each.name, each.value);
              break;
            case 'compact':
              // One at a time: a second call joins the first.
              await Promise.all(waiting.splice(0));
              waiting.push(log.compact());
              expected = [expected.flat()];
              break;
            case 'open': {
              await Promise.all(waiting.splice(0));
              await store.close();
              store = await openStore();
              const opened = await store.open(fileId, 1);
              if (opened === null) throw new Error('the log is gone');
              log = opened.log;
              expect(entries(opened.loaded.updates)).toEqual(expected);
              expect(opened.loaded.marks).toEqual([...marks.values()].slice(-KEPT_MARKS));
              expect(new Map(Object.entries(opened.loaded.facts))).toEqual(facts);
              expect(opened.loaded.tornBytes).toBe(0);
              break;
            }
          }
        }
        await store.close();
      }),
      { numRuns: sequences },
    );
  });
}
