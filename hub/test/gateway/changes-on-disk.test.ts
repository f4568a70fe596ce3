/** Other programs change, move and remove the file of a notebook that people have open (X3, X22). */
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { renameSync } from 'node:fs';
import { mkdir, readdir, rename, rm, stat, symlink, utimes, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { CellId } from '@cokernel/proto/hub';
import {
  makeCodeCell,
  makeNotebook,
  readNotebook,
  writeNotebook,
  type Cell,
  type CodeCell,
  type Notebook,
} from '@cokernel/proto/notebook';
import { RoomProgram, sessionOf } from '../support/room-program.js';
import { hubPlace, readServed, startHub, writeCells } from '../support/test-hub.js';
import type { HubPlace, TestHub } from '../support/test-hub.js';
import { waitUntil } from '../support/wait-until.js';

const SLOW_MS = 120_000;

let place: HubPlace;
let hub: TestHub;
let programs: RoomProgram[] = [];

beforeAll(async () => {
  place = await hubPlace();
  hub = await startHub(place);
}, SLOW_MS);

afterAll(async () => {
  await hub.stop();
  await place.remove();
}, SLOW_MS);

afterEach(() => {
  for (const program of programs) program.close();
  programs = [];
});

async function join(name: string, person: string): Promise<RoomProgram> {
  const program = await RoomProgram.join(hub, name, person);
  programs.push(program);
  return program;
}

const at = (name: string): string => path.join(place.served, name);
const codes = (program: RoomProgram): string[] => program.told('notice').map(({ code }) => code);
const onDisk = async (name: string): Promise<Notebook> => readNotebook(await readServed(place, name)).notebook;
const sourcesOnDisk = async (name: string): Promise<string[]> => (await onDisk(name)).cells.map(({ source }) => source);

function until(what: string, isSo: () => boolean | Promise<boolean>): Promise<void> {
  return waitUntil(what, isSo);
}

/** What another program writes, in its own way, over what it has read: should the hub save in between, it reads again. */
async function change(
  name: string,
  edit: (cells: readonly Cell[]) => readonly Cell[],
  write: (text: string) => Promise<void> = (text) => writeFile(at(name), text),
): Promise<void> {
  for (let isOver = false; !isOver;) {
    const read = await readServed(place, name);
    const { notebook } = readNotebook(read);
    const changed = writeNotebook({ ...notebook, cells: edit(notebook.cells) });
    isOver = (await readServed(place, name)) === read;
    if (isOver) await write(changed);
  }
}

const byRename = (name: string) => async (text: string) => {
  await writeFile(at(`${name}.tmp`), text);
  await rename(at(`${name}.tmp`), at(name));
};

const withSource =
  (id: string, source: string) =>
  (cells: readonly Cell[]): readonly Cell[] =>
    cells.map((cell) => (cell.id === id ? { ...cell, source } : cell));

const code = (id: string, source: string, more: Partial<CodeCell> = {}): Cell => ({
  ...makeCodeCell(source),
  id: CellId.parse(id),
  ...more,
});

describe('[X3] a file that another program changes', () => {
  test(
    'is merged with what people type, in place or by rename, and saved with both',
    async () => {
      await writeCells(place, 'a.ipynb', 'one', 'two', 'three');
      const ann = await join('a.ipynb', 'Ann');
      for (const [round, write] of [undefined, byRename('a.ipynb'), byRename('a.ipynb')].entries()) {
        ann.setSource('c0', `typed ${String(round)}`);
        await change('a.ipynb', withSource('c1', `disk ${String(round)}`), write);
        await until('her page has it', () => ann.source('c1') === `disk ${String(round)}`);
        expect(ann.source('c0')).toBe(`typed ${String(round)}`);
      }
      const { versions } = await ann.call('versions', {});
      const [first] = versions;
      expect(first).toMatchObject({ kind: 'beforeMerge', cells: 3 });
      const since = await ann.call('compareVersion', { versionId: first?.versionId ?? '' });
      expect(since.cells.find(({ cellId }) => cellId === 'c1')?.source).toEqual([
        { in: 'before', lines: ['two'] },
        { in: 'after', lines: ['disk 2'] },
      ]);
      const all = ['typed 2', 'disk 2', 'three'];
      await until('the file has both', async () => (await sourcesOnDisk('a.ipynb')).join() === all.join());
      await until('she is told', () => codes(ann).join() === 'changedOnDisk,changedOnDisk,changedOnDisk');
    },
    SLOW_MS,
  );

  test(
    'where somebody types keeps both versions, and names the cell',
    async () => {
      await writeCells(place, 'conflict.ipynb', 'x = 1', 'print(x)');
      const ann = await join('conflict.ipynb', 'Ann');
      const conflict = () => ann.told('notice').find(({ code }) => code === 'mergeConflict');
      // Where her text was saved before the other program wrote, there is no conflict: then once more.
      for (let round = 1; round < 9 && conflict() === undefined; round += 1) {
        ann.setSource('c0', `x = "Ann ${String(round)}"`);
        await ann.flushed();
        await change('conflict.ipynb', withSource('c0', `x = "disk ${String(round)}"`));
        await until('it is merged', () => codes(ann).filter((one) => one === 'changedOnDisk').length === round);
        await ann.flushed();
      }
      expect(conflict()?.cellIds).toEqual(['c0']);
      await until('both are there', () => ann.cellIds().length === 3);
      const kept = ann.cellIds()[1] ?? '';
      expect(ann.source('c0')).toMatch(/^x = "Ann \d"$/);
      expect(ann.source(kept)).toBe(ann.source('c0').replace('Ann', 'disk'));
      expect(ann.source('c1')).toBe('print(x)');
      expect(ann.cell(kept).metadata).toEqual({ cokernel: { conflict: { of: 'c0' } } });
      await until('so has the file', async () => (await onDisk('conflict.ipynb')).cells.length === 3);
    },
    SLOW_MS,
  );

  test(
    'by running it whole, as nbconvert does, gives its outputs and leaves what people type',
    async () => {
      await writeCells(place, 'run.ipynb', '1', '2');
      const ann = await join('run.ipynb', 'Ann');
      const run = (cells: readonly Cell[]): Cell[] =>
        cells.map((cell, index) => ({
          ...makeCodeCell(cell.source, { execution: { 'iopub.status.busy': 'then' } }),
          id: cell.id,
          execution_count: index + 1,
          outputs: [{ output_type: 'stream', name: 'stdout', text: `out ${String(index)}` }],
        }));
      ann.setSource('c1', '2 and more');
      // Not as our writer lays it out.
      await change('run.ipynb', run, (text) => writeFile(at('run.ipynb'), JSON.stringify(JSON.parse(text), null, 4)));
      await until('the outputs are there', () => ann.output('c0').includes('out 0') && ann.output('c1') !== '');
      expect(ann.source('c1')).toBe('2 and more');
      expect(ann.cell('c0')).toMatchObject({ execution_count: 1, metadata: { execution: {} } });
    },
    SLOW_MS,
  );

  test(
    'only in its times or its layout is no news, and stays as it is',
    async () => {
      await writeCells(place, 'touched.ipynb', '1');
      const ann = await join('touched.ipynb', 'Ann');
      await utimes(at('touched.ipynb'), new Date(), new Date());
      const compact = JSON.stringify(JSON.parse(await readServed(place, 'touched.ipynb')));
      await writeFile(at('touched.ipynb'), compact);
      await change('touched.ipynb', withSource('c0', 'real'));
      await until('a real change is told', () => codes(ann).length > 0);
      expect(codes(ann)).toEqual(['changedOnDisk']);
      await writeFile(at('touched.ipynb'), JSON.stringify(JSON.parse(await readServed(place, 'touched.ipynb'))));
      const { mtimeMs } = await stat(at('touched.ipynb'));
      await ann.call('save', {});
      expect((await stat(at('touched.ipynb'))).mtimeMs).toBe(mtimeMs);
      expect(codes(ann)).toEqual(['changedOnDisk']);
    },
    SLOW_MS,
  );

  test(
    'in two steps is read when it is whole',
    async () => {
      await writeCells(place, 'half.ipynb', '1');
      const ann = await join('half.ipynb', 'Ann');
      await change('half.ipynb', withSource('c0', 'whole'), async (text) => {
        await writeFile(at('half.ipynb'), text.slice(0, text.length / 2));
        await writeFile(at('half.ipynb'), text);
      });
      await until('it is there', () => ann.source('c0') === 'whole');
      await until('she is told once', () => codes(ann).join() === 'changedOnDisk');
    },
    SLOW_MS,
  );

  test(
    '[X1] into what is no notebook, or nothing, takes nothing from people, and is put aside by a save',
    async () => {
      for (const [index, text] of ['', 'no JSON at all'].entries()) {
        const name = `broken ${String(index)}.ipynb`;
        await writeCells(place, name, 'mine');
        const ann = await join(name, 'Ann');
        await writeFile(at(name), text);
        await until('she is told', () => codes(ann).includes('notANotebook'));
        expect(ann.source('c0')).toBe('mine');
        expect(await readServed(place, name)).toBe(text);
        await ann.call('save', {});
        expect(await sourcesOnDisk(name)).toEqual(['mine']);
        await until('she is told where it is', () => codes(ann).includes('keptAside'));
        const kept = (await readdir(place.served)).find((entry) => entry.startsWith(`broken ${String(index)} (found`));
        expect(await readServed(place, kept ?? '')).toBe(text);
      }
    },
    SLOW_MS,
  );
});

describe('a file that goes', () => {
  test(
    'leaves the room as it is, and is written again when somebody edits',
    async () => {
      await writeCells(place, 'gone.ipynb', '1');
      const ann = await join('gone.ipynb', 'Ann');
      await rm(at('gone.ipynb'));
      await until('she is told', () => codes(ann).includes('fileGone'));
      ann.setSource('c0', 'still here');
      await until('it is there', () =>
        sourcesOnDisk('gone.ipynb').then(
          ([source]) => source === 'still here',
          () => false,
        ),
      );
      await until('she is told', () => codes(ann).includes('fileWrittenAgain'));
      expect(ann.closed).toBeNull();
    },
    SLOW_MS,
  );

  test(
    'and comes back as another is merged',
    async () => {
      await writeCells(place, 'back.ipynb', '1', '2');
      const ann = await join('back.ipynb', 'Ann');
      const text = await readServed(place, 'back.ipynb');
      await rm(at('back.ipynb'));
      await until('she is told', () => codes(ann).includes('fileGone'));
      await writeFile(at('back.ipynb'), text.replace('"2"', '"two"'));
      await until('it is merged', () => ann.source('c1') === 'two');
      await until('she is told both', () => codes(ann).join() === 'fileGone,changedOnDisk,fileBack');
    },
    SLOW_MS,
  );

  test(
    '[X22] to another name or folder is followed, with its room and its history',
    async () => {
      await writeCells(place, 'old name.ipynb', '1');
      const { fileId, sessionId } = await sessionOf(hub, 'old name.ipynb');
      const ann = await join('old name.ipynb', 'Ann');
      await mkdir(at('sub'));
      await rename(at('old name.ipynb'), at('sub/new name.ipynb'));
      await until('she is told', () => ann.told('pathChanged').at(-1)?.path === 'sub/new name.ipynb');
      ann.setSource('c0', 'typed after');
      await until('it is saved there', async () => (await sourcesOnDisk('sub/new name.ipynb'))[0] === 'typed after');
      expect(await sessionOf(hub, 'sub/new name.ipynb')).toMatchObject({ fileId, sessionId });
      await change('sub/new name.ipynb', (cells) => [...cells, code('more', 'from disk')]);
      await until('its changes are seen', () => ann.source('more') === 'from disk');
      await symlink(at('sub/new name.ipynb'), at('link.ipynb'));
      expect(await sessionOf(hub, 'link.ipynb')).toMatchObject({ fileId, sessionId });
      expect(await readdir(place.served)).not.toContain('old name.ipynb');
    },
    SLOW_MS,
  );

  test(
    '[X22] is followed where two swap their names, or another file takes the place, while people have both open',
    async () => {
      await writeCells(place, 'one.ipynb', 'of one');
      await writeCells(place, 'two.ipynb', 'of two');
      const [ann, ben] = [await join('one.ipynb', 'Ann'), await join('two.ipynb', 'Ben')];
      // In one go: who looks in the middle finds another notebook in the place of one that is nowhere.
      renameSync(at('one.ipynb'), at('three'));
      renameSync(at('two.ipynb'), at('one.ipynb'));
      renameSync(at('three'), at('two.ipynb'));
      await until('Ann is told', () => ann.told('pathChanged').at(-1)?.path === 'two.ipynb');
      await until('Ben is told', () => ben.told('pathChanged').at(-1)?.path === 'one.ipynb');
      await rename(at('two.ipynb'), at('kept.ipynb'));
      await writeCells(place, 'two.ipynb', 'a new one');
      await until('Ann is told again', () => ann.told('pathChanged').at(-1)?.path === 'kept.ipynb');
      for (const each of [ann, ben]) each.setSource('c0', `${each.source('c0')}, typed`);
      await until('hers is saved', async () => (await sourcesOnDisk('kept.ipynb'))[0] === 'of one, typed');
      await until('his is saved', async () => (await sourcesOnDisk('one.ipynb'))[0] === 'of two, typed');
      expect(await sourcesOnDisk('two.ipynb')).toEqual(['a new one']);
      expect([codes(ann), codes(ben)]).toEqual([[], []]);
    },
    SLOW_MS,
  );
});

describe('the contents API', () => {
  const put = (name: string, cells: readonly Cell[]) =>
    hub.rest('PUT', `/api/contents/${name}`, {
      type: 'notebook',
      format: 'json',
      content: JSON.parse(writeNotebook(makeNotebook(cells))) as unknown,
    });

  test(
    '[X3] puts a notebook that is open as a change to be merged, and answers what came of it',
    async () => {
      await writeCells(place, 'put.ipynb', '1', '2');
      const ann = await join('put.ipynb', 'Ann');
      let merged: readonly string[] = [];
      // Where her text was saved before the put came, the put takes it back: then once more.
      for (let round = 1; round < 9 && merged[0] !== 'Ann'; round += 1) {
        ann.setSource('c0', '1');
        await ann.call('save', {});
        ann.setSource('c0', 'Ann');
        await ann.flushed();
        const { status, json } = await put('put.ipynb', [code('c0', '1'), code('c1', `put ${String(round)}`)]);
        expect(status).toBe(200);
        expect(json).toMatchObject({ type: 'notebook', path: 'put.ipynb', content: { cells: [{}, {}] } });
        merged = await sourcesOnDisk('put.ipynb');
        expect(merged[1]).toBe(`put ${String(round)}`);
      }
      expect(merged[0]).toBe('Ann');
      await until('she sees it', () => ann.source('c1') === merged[1]);
      expect(ann.source('c0')).toBe('Ann');
    },
    SLOW_MS,
  );

  test(
    'puts files that nobody has open, makes new ones and folders, and refuses what is no notebook',
    async () => {
      expect((await put('fresh.ipynb', [code('a', '1')])).status).toBe(201);
      expect((await put('fresh.ipynb', [code('a', '2')])).status).toBe(200);
      expect(await sourcesOnDisk('fresh.ipynb')).toEqual(['2']);
      const text = { type: 'file', format: 'text', content: 'äöü' };
      expect((await hub.rest('PUT', '/api/contents/text.txt', text)).status).toBe(201);
      expect(await readServed(place, 'text.txt')).toBe('äöü');
      const bytes = { type: 'file', format: 'base64', content: 'aGk=' };
      expect((await hub.rest('PUT', '/api/contents/text.txt', bytes)).status).toBe(200);
      expect(await readServed(place, 'text.txt')).toBe('hi');
      expect((await hub.rest('PUT', '/api/contents/folder', { type: 'directory' })).status).toBe(201);
      const none = { type: 'notebook', content: { cells: 1 } };
      expect((await hub.rest('PUT', '/api/contents/fresh.ipynb', none)).status).toBe(400);
      expect((await hub.rest('PUT', '/api/contents/fresh.ipynb', { type: 'other' })).status).toBe(400);
      expect((await put('../outside.ipynb', [])).status).not.toBe(201);
      expect((await put('none/fresh.ipynb', [])).status).toBe(404);
      expect(await sourcesOnDisk('fresh.ipynb')).toEqual(['2']);
    },
    SLOW_MS,
  );

  test(
    '[X22] renames a notebook, and a folder of notebooks, that is open: room and history stay',
    async () => {
      await writeCells(place, 'before.ipynb', '1');
      const { fileId } = await sessionOf(hub, 'before.ipynb');
      const ann = await join('before.ipynb', 'Ann');
      expect((await hub.rest('PATCH', '/api/contents/before.ipynb', { path: 'fresh folder/x' })).status).toBe(404);
      await mkdir(at('nest'));
      const moved = await hub.rest('PATCH', '/api/contents/before.ipynb', { path: 'nest/after.ipynb' });
      expect(moved).toMatchObject({ status: 200, json: { path: 'nest/after.ipynb', name: 'after.ipynb' } });
      await until('she is told', () => ann.told('pathChanged').at(-1)?.path === 'nest/after.ipynb');
      expect((await hub.rest('PATCH', '/api/contents/nest', { path: 'eggs' })).status).toBe(200);
      await until('she is told again', () => ann.told('pathChanged').at(-1)?.path === 'eggs/after.ipynb');
      ann.setSource('c0', 'typed after');
      await until('it is saved there', async () => (await sourcesOnDisk('eggs/after.ipynb'))[0] === 'typed after');
      expect((await sessionOf(hub, 'eggs/after.ipynb')).fileId).toBe(fileId);
      await writeCells(place, 'other.ipynb', '1');
      const taken = await hub.rest('PATCH', '/api/contents/other.ipynb', { path: 'eggs/after.ipynb' });
      expect(taken.status).toBe(409);
      expect(codes(ann)).toEqual([]);
    },
    SLOW_MS,
  );
});
