/** What every OutputStore must do, whatever keeps it. */
import { createHash } from 'node:crypto';
import { expect, test } from '@jest/globals';
import { ContentHash, FileId, TextId } from '@cokernel/proto/hub';
import fc from 'fast-check';
import type { ByteRange, OutputStore, Reference, StoredBytes } from '../../src/run/output-store.js';
import { waitUntil } from '../support/wait-until.js';

const LATER = new Date(Date.now() + 365 * 24 * 3_600_000);
const EARLIER = new Date(0);

const bytesOf = (text: string): Uint8Array => Buffer.from(text);
const hashOf = (text: string): ContentHash => ContentHash.parse(createHash('sha256').update(text).digest('hex'));
const textId = (id: string): TextId => TextId.parse(id);
const log = (fileId: string): Reference => ({ fileId: FileId.parse(fileId), holder: 'log' });

async function textOf(stored: StoredBytes | null, range?: ByteRange): Promise<string | null> {
  if (stored === null) return null;
  const pieces: Uint8Array[] = [];
  for await (const piece of stored.read(range)) pieces.push(piece);
  return Buffer.concat(pieces).toString('utf8');
}

/** `openStore` opens the same store anew each time. */
export function outputStoreContract(openStore: () => Promise<OutputStore>): void {
  test('an output is read by the hash of its bytes, whole and in part, also after the store was closed', async () => {
    let store = await openStore();
    const hash = await store.put(bytesOf('größer 🙂'));
    expect(hash).toBe(hashOf('größer 🙂'));
    await store.close();
    store = await openStore();
    const stored = await store.get(hash);
    expect(stored?.size).toBe(13);
    expect(await textOf(stored)).toBe('größer 🙂');
    expect(await textOf(stored, { start: 9, end: 100 })).toBe('🙂');
    expect(await textOf(stored, { start: 2, end: 4 })).toBe('ö');
    expect(await textOf(stored, { start: 4, end: 4 })).toBe('');
    expect(await store.get(hashOf('another'))).toBeNull();
    await store.close();
  });

  test('bytes that are put by many at once are there once, and of none there is a part', async () => {
    const store = await openStore();
    const large = 'x'.repeat(400_000);
    const hashes = await Promise.all([large, 'once', large, '', large, 'once'].map((text) => store.put(bytesOf(text))));
    expect(new Set(hashes)).toEqual(new Set([hashOf(large), hashOf('once'), hashOf('')]));
    expect(await textOf(await store.get(hashOf(large)))).toBe(large);
    expect(await textOf(await store.get(hashOf('')))).toBe('');
    expect(await store.sweep(LATER)).toEqual({ removed: 3, bytes: 400_004 });
    await store.close();
  });

  test('a text is read as far as it has come, and is an output when it is finished', async () => {
    let store = await openStore();
    const id = textId('run-1.stdout');
    expect(await store.text(id)).toBeNull();
    const text = await store.grow(id, 0);
    expect(text).toMatchObject({ id, size: 0 });
    text.append('one\n');
    text.append('zwölf\n');
    expect(text.size).toBe(11);
    expect(await textOf(await store.text(id))).toBe('one\nzwölf\n');
    const halfway = await store.text(id);
    text.append('three\n');
    expect(await textOf(halfway)).toBe('one\nzwölf\n');
    const whole = 'one\nzwölf\nthree\n';
    expect(await Promise.all([text.finish(), text.finish()])).toEqual([hashOf(whole), hashOf(whole)]);
    expect(() => text.append('more')).toThrow();
    await text.close();
    await text.close();
    await store.close();
    store = await openStore();
    expect(await textOf(await store.get(hashOf(whole)))).toBe(whole);
    expect(await textOf(await store.text(id))).toBe(whole);
    await store.close();
  });

  test('a text takes more at the very moment when it was told to be durable', async () => {
    const store = await openStore();
    const text = await store.grow(textId('steps'), 0);
    for (let step = 0; step < 20; step += 1) {
      text.append(`${String(step)} `);
      await text.durable();
    }
    expect(await text.finish()).toBe(hashOf(Array.from({ length: 20 }, (_, step) => `${String(step)} `).join('')));
    await store.close();
  });

  test('[X7] a text goes on where its record says, and what was written behind that is gone', async () => {
    let store = await openStore();
    const id = textId('run-2');
    const before = await store.grow(id, 0);
    before.append('kept, not kept');
    await before.durable();
    await store.close();
    store = await openStore();
    await expect(store.grow(id, 15)).rejects.toThrow(/15/);
    const after = await store.grow(id, 4);
    after.append('; and more');
    expect(await after.finish()).toBe(hashOf('kept; and more'));
    expect(await textOf(await store.text(id))).toBe('kept; and more');
    await store.close();
  });

  test('[X7] a text that was finished and goes on after all leaves the output as it was', async () => {
    const store = await openStore();
    const id = textId('run-3');
    for (const [size, more, whole] of [
      [0, 'same', 'same'],
      [2, 'other', 'saother'],
      [2, 'me', 'same'],
      [4, '', 'same'],
    ] as const) {
      const text = await store.grow(id, size);
      text.append(more);
      expect(await text.finish()).toBe(hashOf(whole));
      expect(await textOf(await store.text(id))).toBe(whole);
    }
    expect(await textOf(await store.get(hashOf('same')))).toBe('same');
    expect(await textOf(await store.get(hashOf('saother')))).toBe('saother');
    await store.close();
  });

  test('who goes on with a text ends the former one', async () => {
    const store = await openStore();
    const former = await store.grow(textId('two'), 0);
    former.append('former ');
    const next = await store.grow(textId('two'), 7);
    expect(() => former.append('x')).toThrow();
    await former.close();
    next.append('next');
    expect(await textOf(await store.text(textId('two')))).toBe('former next');
    await store.close();
  });

  test('no name of a text leads out of the store', async () => {
    const store = await openStore();
    for (const id of ['.', '..', '...', 'a.b', '%2E', '-']) {
      const parsed = TextId.safeParse(id);
      if (!parsed.success) continue;
      const text = await store.grow(parsed.data, 0);
      text.append(id);
      await text.finish();
      expect(await textOf(await store.text(parsed.data))).toBe(id);
    }
    await store.close();
  });

  test('a notebook refers to what it was told to, another does not, and a restart changes nothing', async () => {
    let store = await openStore();
    const [a, b] = [hashOf('a'), textId('b')];
    await Promise.all([store.refer(log('one'), [a, b]), store.refer(log('one'), [b]), store.refer(log('two'), [b])]);
    for (const again of [false, true]) {
      if (again) {
        await store.close();
        store = await openStore();
      }
      expect(await store.isReferred(FileId.parse('one'), a)).toBe(true);
      expect(await store.isReferred(FileId.parse('one'), b)).toBe(true);
      expect(await store.isReferred(FileId.parse('two'), b)).toBe(true);
      expect(await store.isReferred(FileId.parse('two'), a)).toBe(false);
      expect(await store.isReferred(FileId.parse('three'), a)).toBe(false);
    }
    await store.close();
  });

  test('[X17] what a notebook let go is still served until it is swept: an undo finds it', async () => {
    let store = await openStore();
    const hash = await store.put(bytesOf('deleted and undone'));
    await store.refer(log('n'), [hash]);
    await store.setReferences(log('n'), []);
    await store.close();
    store = await openStore();
    expect(await store.isReferred(FileId.parse('n'), hash)).toBe(true);
    expect(await store.sweep(EARLIER)).toEqual({ removed: 0, bytes: 0 });
    expect(await textOf(await store.get(hash))).toBe('deleted and undone');
    await store.sweep(LATER);
    expect(await store.isReferred(FileId.parse('n'), hash)).toBe(false);
    expect(await store.get(hash)).toBeNull();
    await store.close();
  });

  test('a sweep removes what nobody refers to, and keeps what a log, a version or a text that grows still needs', async () => {
    let store = await openStore();
    const [inLog, inVersion, forgotten] = await Promise.all(
      ['in the log', 'in a version', 'forgotten'].map((text) => store.put(bytesOf(text))),
    );
    const growing = await store.grow(textId('growing'), 0);
    growing.append('grows');
    for (const id of ['finished', 'left']) {
      const text = await store.grow(textId(id), 0);
      text.append(`the text ${id}`);
      await text.finish();
    }
    const version = { fileId: FileId.parse('n'), holder: 'version:1' };
    await store.refer(log('n'), [inLog!, inVersion!, textId('finished')]);
    await store.refer(version, [inVersion!]);
    await store.setReferences(log('n'), [inLog!, textId('finished')]);
    expect(await store.sweep(EARLIER)).toEqual({ removed: 0, bytes: 0 });
    // The bytes of a text that is left go with the last of its two names.
    expect(await store.sweep(LATER)).toEqual({ removed: 4, bytes: 'forgotten'.length + 'the text left'.length });
    await store.close();
    store = await openStore();
    expect(await store.get(forgotten!)).toBeNull();
    expect(await store.text(textId('left'))).toBeNull();
    expect(await textOf(await store.get(inLog!))).toBe('in the log');
    expect(await textOf(await store.get(inVersion!))).toBe('in a version');
    expect(await textOf(await store.text(textId('finished')))).toBe('the text finished');
    expect(await textOf(await store.text(textId('growing')))).toBe('grows');
    await store.close();
  });

  test('what is let go while a sweep goes on stays', async () => {
    const store = await openStore();
    const hashes = await Promise.all(Array.from({ length: 50 }, (_, n) => store.put(bytesOf(`output ${n}`))));
    await store.refer(log('n'), hashes);
    const now = new Date(Date.now() - 60_000);
    const sweeping = store.sweep(now);
    await Promise.all([store.setReferences(log('n'), []), sweeping]);
    for (const hash of hashes) expect(await store.get(hash)).not.toBeNull();
    await store.close();
  });

  test('what is put while a sweep goes on is there', async () => {
    const store = await openStore();
    const texts = Array.from({ length: 40 }, (_, n) => `again ${n}`);
    await Promise.all(texts.map((text) => store.put(bytesOf(text))));
    const written = Date.now();
    // A disk's clock is coarser than ours.
    await waitUntil('the clock goes on', () => Date.now() > written + 100);
    const between = new Date(written + 50);
    const [, ...hashes] = await Promise.all([store.sweep(between), ...texts.map((text) => store.put(bytesOf(text)))]);
    await store.refer(log('n'), hashes);
    await store.sweep(LATER);
    for (const [n, hash] of hashes.entries()) expect(await textOf(await store.get(hash))).toBe(`again ${n}`);
    await store.close();
  });

  test('references are those of a plain model, through any calls and restarts', async () => {
    const call = fc.record({
      file: fc.constantFrom('p', 'q'),
      holder: fc.constantFrom('log', 'version:1', 'fork:2'),
      to: fc.uniqueArray(fc.constantFrom('a', 'b', 'c', 'd'), { maxLength: 4 }),
      sets: fc.boolean(),
      restart: fc.boolean(),
    });
    let round = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(call, { maxLength: 12 }), async (calls) => {
        round += 1;
        const fileOf = (name: string): FileId => FileId.parse(`${name}-${String(round)}`);
        const target = (name: string): TextId => textId(`${name}-${String(round)}`);
        // What was let go counts as referred to until a sweep: so everything that was ever named does.
        const named = new Set<string>();
        let store = await openStore();
        for (const { file, holder, to, sets, restart } of calls) {
          const by = { fileId: fileOf(file), holder };
          await (sets ? store.setReferences(by, to.map(target)) : store.refer(by, to.map(target)));
          for (const one of to) named.add(`${file}${one}`);
          if (restart) {
            await store.close();
            store = await openStore();
          }
        }
        for (const file of ['p', 'q']) {
          for (const one of ['a', 'b', 'c', 'd']) {
            expect(await store.isReferred(fileOf(file), target(one))).toBe(named.has(`${file}${one}`));
          }
        }
        await store.close();
      }),
      { numRuns: 30, seed: 4 },
    );
  });

  test('a store that is closed takes nothing more, and can be closed twice', async () => {
    const store = await openStore();
    await store.close();
    await store.close();
    await expect(store.put(bytesOf('late'))).rejects.toThrow(/closed/);
    await expect(store.refer(log('n'), [])).rejects.toThrow(/closed/);
    await expect(store.grow(textId('late'), 0)).rejects.toThrow(/closed/);
  });
}
