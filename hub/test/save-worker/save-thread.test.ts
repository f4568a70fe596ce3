/** The thread that reads and writes notebooks: what crosses its border, what it costs the hub, and what if it dies. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { readFile, readdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { STORED_MIME, writeNotebook, type Notebook, type Output } from '@cokernel/proto/notebook';
import { LeaseEnded, ofOneHub, type Right } from '../../src/right.js';
import { SaveThread } from '../../src/save-worker/save-thread.js';
import { notebookFilesContract } from '../contracts/notebook-files-contract.js';
import { SAVE_LIMITS } from '../support/notebook-files.js';
import { waitUntil } from '../support/wait-until.js';
import { NotebookPlace, display, stateOf, stream, withOutputs } from '../support/notebook-place.js';

let place: NotebookPlace;
let thread: SaveThread;

beforeAll(async () => {
  place = await NotebookPlace.make();
  thread = new SaveThread({ outputsFolder: place.outputsFolder, limits: SAVE_LIMITS, onDied: () => undefined });
  thread.start();
});

beforeEach(() => rm(place.file, { force: true }));

afterAll(async () => {
  await thread.close();
  await place.remove();
});

notebookFilesContract(() => ({ place, files: thread }));

describe('a notebook that is sent', () => {
  const notebook = withOutputs(stream('line\n'.repeat(300_000)));

  test('crosses piece by piece, and keeps no save waiting while nobody takes the next', async () => {
    const pieces: string[] = [];
    let takeOn = (): void => undefined;
    const taken = new Promise<void>((resolve) => (takeOn = resolve));
    const onPiece = async (piece: Uint8Array): Promise<void> => {
      pieces.push(Buffer.from(piece).toString());
      await taken;
    };
    const sending = thread.send({ notebook, readable: [], onPiece });
    expect(await place.write(thread, withOutputs(stream('x')))).toMatchObject({ outcome: 'written' });
    expect(pieces.length).toBeLessThanOrEqual(1);
    takeOn();
    await sending;
    expect(pieces.join('')).toBe(writeNotebook(notebook));
  });

  test('is given up when its thread is closed', async () => {
    const options = { outputsFolder: place.outputsFolder, limits: SAVE_LIMITS, onDied: () => undefined };
    const closing = new SaveThread(options);
    const sending = closing.send({ notebook, readable: [], onPiece: () => new Promise(() => undefined) });
    const given = expect(sending).rejects.toThrow('the hub stops');
    await closing.close();
    await given;
  });
});

describe('a thread that has nothing to do', () => {
  test('[X5] ends, so that the memory of a large file is given back, and the next job gets a new one', async () => {
    const died: string[] = [];
    const onDied = (reason: string): unknown => died.push(reason);
    const resting = new SaveThread({ outputsFolder: place.outputsFolder, limits: SAVE_LIMITS, onDied, idleMs: 20 });
    for (const text of ['one', 'two']) {
      expect(await place.write(resting, withOutputs(stream(text)))).toMatchObject({ outcome: 'written' });
      await waitUntil('the thread to end', () => !resting.isAwake);
      await rm(place.file);
    }
    expect(died).toEqual([]);
    await resting.close();
  });

  test('is none while a piece that it has sent is not taken', async () => {
    const options = { outputsFolder: place.outputsFolder, limits: SAVE_LIMITS, onDied: () => undefined, idleMs: 20 };
    const [busy, resting] = [new SaveThread(options), new SaveThread(options)];
    const pieces: string[] = [];
    const onPiece = async (piece: Uint8Array): Promise<void> => {
      pieces.push(Buffer.from(piece).toString());
      if (pieces.length > 1) return;
      await place.write(resting, withOutputs(stream('x')));
      await waitUntil('the other thread to end', () => !resting.isAwake);
    };
    const notebook = withOutputs(stream('line\n'.repeat(300_000)));
    await busy.send({ notebook, readable: [], onPiece });
    expect(pieces.join('')).toBe(writeNotebook(notebook));
    await Promise.all([busy.close(), resting.close()]);
  });
});

describe('a save that fails', () => {
  const notebook = withOutputs(stream('x'));

  test('[X2] because its folder vanished says so, and the next one that can be done is done', async () => {
    await rename(place.served, `${place.served}-away`);
    await expect(place.write(thread, notebook)).rejects.toThrow('its folder is gone');
    await rename(`${place.served}-away`, place.served);
    expect(await place.write(thread, notebook)).toMatchObject({ outcome: 'written' });
  });

  test('[X2] because its thread has died says so, and the next one has a new thread', async () => {
    const died: string[] = [];
    const onDied = (reason: string): unknown => died.push(reason);
    const small = new SaveThread({ outputsFolder: place.outputsFolder, limits: SAVE_LIMITS, onDied, maxHeapMiB: 40 });
    const huge = withOutputs(...Array.from({ length: 30 }, (_, at) => stream(`${String(at)}${'漢'.repeat(500_000)}`)));
    await expect(place.write(small, huge)).rejects.toThrow('the thread that saves has failed');
    expect(died).toHaveLength(1);
    expect(await place.write(small, notebook)).toMatchObject({ outcome: 'written' });
    expect(await readdir(place.served)).toEqual(['a.ipynb']);
    await small.close();
  });
});

describe('of hubs that save one after the other', () => {
  const [before, after, newest] = ['before', 'after', 'newest'].map((text) => withOutputs(stream(text))) as [
    Notebook,
    Notebook,
    Notebook,
  ];
  const hub = (writer: string, right: Right): SaveThread =>
    new SaveThread({ outputsFolder: place.outputsFolder, limits: SAVE_LIMITS, onDied: () => undefined, writer, right });
  const names = async (): Promise<readonly string[]> => (await readdir(place.served)).sort();

  test.each([
    ['begins nothing', 1],
    ['puts nothing in the file’s place that it had begun', 2],
  ])('one that has lost the right %s', async (_, lostWhenAskedFor) => {
    await place.write(thread, before);
    const [text, told] = [await place.text(), [] as unknown[]];
    let asked = 0;
    const former = hub('former', { isHeld: () => (asked += 1) < lostWhenAskedFor });
    const onDraft = (draft: unknown): Promise<void> => Promise.resolve(void told.push(draft));
    const saved = await place.known();
    const saving = former.write({ absolute: place.file, state: stateOf(after), saved, onDraft });
    await expect(saving).rejects.toThrow(LeaseEnded);
    expect([told, await names(), await place.text()]).toEqual([[], ['a.ipynb'], text]);
    await former.close();
  });

  test('one that was stopped between its draft and the file’s place finds neither its draft nor another one there', async () => {
    const [former, next] = [hub('former', ofOneHub), hub('next', ofOneHub)];
    await place.write(former, before);
    const saved = await place.known();
    const outcome = former.write({
      absolute: place.file,
      state: stateOf(after),
      saved,
      onDraft: async (draft) => {
        // The next hub opens the notebook, and removes the draft of which the log says that it is not the file.
        if (draft !== null) await rm(draft.file);
        await expect(place.write(next, newest)).resolves.toMatchObject({ outcome: 'written' });
      },
    });
    await expect(outcome).resolves.toMatchObject({ outcome: 'foreign' });
    expect([await names(), await place.text()]).toEqual([['a.ipynb'], writeNotebook(newest)]);
    await Promise.all([former.close(), next.close()]);
  });

  test('what one left that was killed is gone with the next save', async () => {
    const [former, next] = [hub('former', ofOneHub), hub('next', ofOneHub)];
    const drafts: string[] = [];
    await former.write({
      absolute: place.file,
      state: stateOf(before),
      saved: await place.known(),
      onDraft: (draft) => Promise.resolve(void drafts.push(draft?.file ?? '')),
    });
    expect(drafts).toEqual([expect.stringMatching(/\/\.cokernel-[0-9a-f]{16}-former\.saving$/)]);
    await writeFile(drafts[0] ?? '', 'half of it');
    await place.write(next, after);
    expect(await names()).toEqual(['a.ipynb']);
    await Promise.all([former.close(), next.close()]);
  });
});

describe('the event loop stays free', () => {
  /**
   * The hub's own thread's share of the time that a processor has spent on this: unlike times, it is the same on a busy
   * machine. Null where the system does not tell.
   */
  async function ownShare(work: () => Promise<unknown>): Promise<number | null> {
    const [own, all] = [await ownNanoseconds(), process.cpuUsage()];
    await work();
    const { user, system } = process.cpuUsage(all);
    const now = await ownNanoseconds();
    return own === null || now === null ? null : (now - own) / 1_000 / (user + system);
  }

  /** On a processor, of the thread that this is. */
  async function ownNanoseconds(): Promise<number | null> {
    const told = await readFile(`/proc/self/task/${String(process.pid)}/schedstat`, 'utf8').catch(() => null);
    return told === null ? null : Number(told.split(' ')[0]);
  }

  test('while 2,000 outputs of 200 KB are saved', async () => {
    const plots = await Promise.all(Array.from({ length: 20 }, (_, at) => place.put(Buffer.alloc(200_000, at))));
    const outputs = Array.from({ length: 2_000 }, (_, at): Output => {
      const stored = { sha256: plots[at % 20] ?? '', bytes: 200_000, base64: { columns: 0, newline: false } };
      const data = { 'text/plain': `plot ${String(at)}`, [STORED_MIME]: { 'image/png': stored } };
      return { output_type: 'display_data', data, metadata: {} };
    });
    const share = await ownShare(() => place.write(thread, withOutputs(...outputs)));
    expect((await stat(place.file)).size).toBeGreaterThan(90 * 1024 * 1024);
    expect((await stat(place.file)).size).toBeLessThan(102 * 1024 * 1024);
    expect(share ?? 0).toBeLessThan(0.5);
  });

  test('while a file of 40 MB is opened', async () => {
    const plots = Array.from({ length: 150 }, (_, at) => Buffer.alloc(200_000, at).toString('base64'));
    await writeFile(place.file, writeNotebook(withOutputs(...plots.map((plot) => display({ 'image/png': plot })))));
    const share = await ownShare(async () => {
      expect((await place.read(thread)).outside).toBe(150);
    });
    expect(share ?? 0).toBeLessThan(0.5);
  });
});
