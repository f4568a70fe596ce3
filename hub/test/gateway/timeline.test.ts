/** Versions, restore and history of a notebook, over a real hub with a real kernel. */
import { isDeepStrictEqual } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import * as Y from 'yjs';
import { z } from 'zod';
import { CellId, HistoryRecord, type VersionView } from '@cokernel/proto/hub';
import {
  STORED_MIME,
  cellsArray,
  findCell,
  insertCell,
  jsonEquals,
  makeCodeCell,
  makeYOutput,
  outputsOf,
  readDocument,
  readNotebook,
  readSnapshot,
  type Cell,
  type Output,
} from '@cokernel/proto/notebook';
import { RoomProgram } from '../support/room-program.js';
import { type HubPlace, type TestHub, TOKEN, hubPlace, readServed, startHub, writeCells } from '../support/test-hub.js';
import { waitUntil } from '../support/wait-until.js';

let place: HubPlace;
let hub: TestHub;
let ann: RoomProgram;
let ben: RoomProgram;
let fileId: string;

beforeAll(async () => {
  place = await hubPlace();
  await writeCells(place, 'a.ipynb', 'print("one")', 'input("who? ")', 'x = 1');
  hub = await startHub(place);
  ann = await RoomProgram.join(hub, 'a.ipynb', 'Ann');
  ben = await RoomProgram.join(hub, 'a.ipynb', 'Ben');
  fileId = (await ann.hello('Ann')).fileId;
});

afterAll(async () => {
  ann.close();
  ben.close();
  await hub.stop();
  await place.remove();
});

const versions = async (): Promise<readonly VersionView[]> => (await ann.call('versions', {})).versions;
const address = (rest: string): string => `/api/hub/notebooks/${fileId}/${rest}`;

async function textAt(target: string): Promise<string> {
  const response = await fetch(`${hub.url}${target}`, { headers: { authorization: `token ${TOKEN}` } });
  return response.text();
}

function outputsOfCell(cells: readonly Cell[], id: string): readonly Output[] {
  const cell = cells.find((one) => one.id === id);
  return cell?.cell_type === 'code' ? cell.outputs : [];
}

async function historyLines(): Promise<HistoryRecord[]> {
  const lines = (await textAt(address('history'))).split('\n').filter((line) => line !== '');
  return lines.map((line) => HistoryRecord.parse(JSON.parse(line)));
}

/** As it is read once it is so: a record is written behind what it tells. */
async function history(what: string, isSo: (all: readonly HistoryRecord[]) => boolean): Promise<HistoryRecord[]> {
  let records: HistoryRecord[] = [];
  await waitUntil(`the history ${what}`, async () => {
    records = await historyLines();
    return isSo(records);
  });
  return records;
}

function played(records: readonly HistoryRecord[]): Y.Doc {
  const doc = new Y.Doc();
  for (const record of records) {
    if (record.type === 'began') Y.applyUpdate(doc, Buffer.from(record.state, 'base64'));
    else if ('update' in record) Y.applyUpdate(doc, Buffer.from(record.update, 'base64'));
  }
  return doc;
}

/** Both have what the other has. */
const agree = (): Promise<void> =>
  waitUntil('both see the same', () => JSON.stringify(readDocument(ann.doc)) === JSON.stringify(readDocument(ben.doc)));

describe('the timeline', () => {
  test('[P38] runs that were asked for together leave a version with their output, by their author', async () => {
    const { runs } = await ann.run(['c0', 'c2']);
    for (const { run } of runs) expect(await ann.finished(run.runId)).toBe('succeeded');
    await waitUntil('a version is kept', () => ann.told('versionsChanged').length > 0);
    const [version] = await versions();
    expect(version).toMatchObject({ kind: 'afterBatch', name: null, author: { name: 'Ann' }, cells: 3 });
    const { json } = await hub.rest('GET', address(`versions/${version?.versionId ?? ''}`));
    expect(JSON.stringify(json)).toContain('one\\n');
    expect(await versions()).toHaveLength(1);
  });

  test('[P38] a person keeps one by a name, and names another', async () => {
    const kept = await ann.call('keepVersion', { name: 'the beginning' });
    expect(kept).toMatchObject({ kind: 'named', name: 'the beginning', author: { name: 'Ann' } });
    const [first] = await versions();
    if (first === undefined) throw new Error('there is no version');
    await ben.call('nameVersion', { versionId: first.versionId, name: 'after the first run' });
    expect((await versions()).map(({ name }) => name)).toEqual(['after the first run', 'the beginning']);
    await expect(ann.call('nameVersion', { versionId: '99', name: 'x' })).rejects.toThrow('noSuchVersion');
  });

  test('[P40] what changed since is told cell by cell', async () => {
    const { versionId } = await ann.call('keepVersion', { name: 'before changes' });
    ann.setSource('c2', 'x = 1\ny = 2');
    insertCell(ann.doc, 3, makeCodeCell('# new'));
    await ann.flushed();
    const { cells } = await ann.call('compareVersion', { versionId });
    expect(cells).toMatchObject([
      {
        cellId: 'c2',
        change: 'changed',
        source: [
          { in: 'both', lines: ['x = 1'] },
          { in: 'after', lines: ['y = 2'] },
        ],
      },
      { change: 'added', source: [{ in: 'after', lines: ['# new'] }] },
    ]);
    const { json } = await hub.rest('GET', address(`versions/${versionId}/difference?with=${versionId}`));
    expect(json).toEqual({ cells: [], metadata: false });
  });

  test('[P41] a restore while people type is an edit, and restoring what was before undoes it', async () => {
    const { versionId } = await ann.call('keepVersion', { name: 'to come back to' });
    await agree();
    const atVersion = readDocument(ann.doc);
    ann.setSource('c0', 'print("changed")');
    await ann.flushed();
    await agree();
    const beforeRestore = readDocument(ann.doc);
    // Typed at the same moment, in a cell that the version has as it was before.
    const typing = ben.doc.getArray<Y.Map<unknown>>('cells').get(1).get('source');
    if (!(typing instanceof Y.Text)) throw new Error('no text');
    const restoring = ann.call('restoreVersion', { versionId });
    typing.insert(typing.length, ' # typed by Ben');
    const { before } = await restoring;
    await ben.flushed();
    await agree();
    expect(ann.source('c0')).toBe('print("one")');
    const former = await hub.rest('GET', address(`versions/${before}`));
    // The hub read it before the restore, or after: it is in what can be restored, or in the document.
    expect(ann.source('c1') + JSON.stringify(former.json)).toContain('# typed by Ben');
    await ann.call('restoreVersion', { versionId });
    await agree();
    expect(readDocument(ann.doc)).toEqual(atVersion);
    expect((await versions()).find((version) => version.versionId === before)?.kind).toBe('beforeRestore');
    await ann.call('restoreVersion', { versionId: before });
    await agree();
    expect(ann.source('c0')).toBe('print("changed")');
    expect(readDocument(ann.doc).cells.map(({ id }) => id)).toEqual(beforeRestore.cells.map(({ id }) => id));
  });

  test('[P42] the history has edits, runs, questions and output in order, and plays to the live document', async () => {
    const { runs } = await ben.run(['c1']);
    await waitUntil('the question is asked', () => ann.told('promptChanged').some(({ prompt }) => prompt !== null));
    const prompt = ann.told('promptChanged').find((told) => told.prompt !== null)?.prompt;
    await ben.call('inputReply', { promptId: prompt?.promptId ?? '', value: 'Ben himself' });
    for (const { run } of runs) await ann.finished(run.runId);
    await ann.flushed();
    const statesOf = (all: readonly HistoryRecord[]): readonly string[] =>
      all.flatMap((record) => {
        if (record.type === 'ran') return record.run.runId === runs[0]?.run.runId ? [record.run.state] : [];
        return record.type === 'asked' || record.type === 'answered' ? [record.type] : [];
      });
    const records = await history('has the end of the run', (all) => statesOf(all).includes('succeeded'));
    const states = statesOf(records);
    expect(states).toEqual(['queued', 'running', 'asked', 'answered', 'succeeded'].slice(-states.length));
    expect(records.find((record) => record.type === 'answered')).toMatchObject({
      value: 'Ben himself',
      by: { name: 'Ben' },
    });
    expect(records.some((record) => record.type === 'edited' && record.by?.name === 'Ann')).toBe(true);
    expect(records.some((record) => record.type === 'printed')).toBe(true);
    expect(readDocument(played(records))).toEqual(readDocument(ann.doc));
    expect(cellsArray(played(records)).length).toBe(4);
  });

  test('[P42] a password is asked, but not in the history', async () => {
    ann.setSource('c1', 'import getpass\nlen(getpass.getpass("secret? "))');
    const told = ann.told('promptChanged').length;
    const { runs } = await ann.run(['c1']);
    const asked = () =>
      ann
        .told('promptChanged')
        .slice(told)
        .find(({ prompt }) => prompt !== null)?.prompt;
    await waitUntil('the question is asked', () => asked() !== undefined);
    await ann.call('inputReply', { promptId: asked()?.promptId ?? '', value: 'hunter2-the-password' });
    for (const { run } of runs) await ann.finished(run.runId);
    const answered = (all: readonly HistoryRecord[]) => all.findLast((record) => record.type === 'answered');
    const records = await history('has an answer without its text', (all) => answered(all)?.value === null);
    expect(JSON.stringify(records)).not.toContain('hunter2-the-password');
  });
});

describe('a version whose outputs lie in the output store', () => {
  const lines = 'line\n'.repeat(100_000);
  const show = `from IPython.display import display
print("line\\n" * 100_000, end="")
display({"text/html": "<b>" + "h" * 100_000 + "</b>", "text/plain": "a table"}, raw=True)`;

  test('[P38] [P43] has them whole as a file, and named as the document had them', async () => {
    ann.setSource('c0', show);
    const { runs } = await ann.run(['c0']);
    for (const { run } of runs) expect(await ann.finished(run.runId)).toBe('succeeded');
    const newest = async () => {
      const { versionId = '' } = (await versions()).at(-1) ?? {};
      return { versionId, document: readSnapshot(await textAt(address(`versions/${versionId}/document`))) };
    };
    // One that was due for what ran before may come first, in the middle of this run.
    await waitUntil('a version of what it showed is kept', async () =>
      isDeepStrictEqual((await newest()).document.cells, readDocument(ann.doc).cells),
    );
    const { versionId, document } = await newest();
    const text = await textAt(address(`versions/${versionId}`));
    // As truths: what differs would be told at length.
    expect(text.includes(STORED_MIME)).toBe(false);
    const [printed, shown] = outputsOfCell(readNotebook(text).notebook.cells, 'c0');
    expect(printed?.output_type === 'stream' && printed.text === lines).toBe(true);
    const table = { 'text/html': `<b>${'h'.repeat(100_000)}</b>`, 'text/plain': 'a table' };
    expect(shown !== undefined && 'data' in shown && jsonEquals(shown.data, table)).toBe(true);
    expect(JSON.stringify(document)).toContain(STORED_MIME);

    ann.setSource('c0', '1');
    outputsOf(findCell(ann.doc, CellId.parse('c0')) ?? new Y.Map())?.delete(0, 2);
    await ann.flushed();
    await ann.call('restoreVersion', { versionId });
    await waitUntil('it is restored', () => ann.source('c0') === show);
    expect(readDocument(ann.doc).cells).toEqual(document.cells);
  });

  test('[P44] has no text of another notebook, though somebody named it', async () => {
    const [stream] = outputsOfCell(readDocument(ann.doc).cells, 'c0');
    const stored = stream?.output_type === 'stream' ? stream.stored : undefined;
    if (stored === undefined) throw new Error('the text is not stored');
    await writeCells(place, 'b.ipynb', '1');
    const cleo = await RoomProgram.join(hub, 'b.ipynb', 'Cleo');
    const { fileId: other } = await cleo.hello('Cleo');
    const forged = makeYOutput({
      output_type: 'stream',
      name: 'stdout',
      text: 'x',
      stored: { ...stored, sha256: null },
    });
    outputsOf(findCell(cleo.doc, CellId.parse('c0')) ?? new Y.Map())?.insert(0, [forged]);
    const { versionId } = await cleo.call('keepVersion', { name: 'forged' });
    await cleo.call('restoreVersion', { versionId });
    const text = await textAt(`/api/hub/notebooks/${other}/versions/${versionId}`);
    expect(text.includes(`Cokernel keeps its 500,000 bytes as text ${stored.id}`)).toBe(true);
    expect(text.includes('line\\n')).toBe(false);
    await cleo.call('save', {});
    const saved = await readServed(place, 'b.ipynb');
    expect([saved.includes(`as text ${stored.id}`), saved.includes('line\\n')]).toEqual([true, false]);
    const { status } = await hub.rest('GET', `/api/hub/notebooks/${other}/texts/${stored.id}`);
    expect(status).toBe(404);
    cleo.close();
  });
});

const Checkpoint = z.object({ id: z.string(), last_modified: z.string() });

describe('checkpoints, as Jupyter has them', () => {
  const place_ = '/api/contents/a.ipynb/checkpoints';

  test('are made, listed, restored and deleted', async () => {
    const made = await hub.rest('POST', place_);
    expect(made.status).toBe(201);
    const { id } = Checkpoint.parse(made.json);
    expect(
      z
        .array(Checkpoint)
        .parse((await hub.rest('GET', place_)).json)
        .map((one) => one.id),
    ).toEqual([id]);
    ann.setSource('c2', 'z = 26');
    await ann.flushed();
    expect((await hub.rest('POST', `${place_}/${id}`)).status).toBe(204);
    await waitUntil('it is restored', () => ann.source('c2') !== 'z = 26');
    expect((await hub.rest('DELETE', `${place_}/${id}`)).status).toBe(204);
    expect((await hub.rest('GET', place_)).json).toEqual([]);
    expect((await hub.rest('DELETE', `${place_}/${id}`)).status).toBe(404);
    expect((await hub.rest('GET', '/api/contents/no.ipynb/checkpoints')).status).toBe(404);
  });

  test('are no way to delete another version', async () => {
    const [version] = await versions();
    expect((await hub.rest('DELETE', `${place_}/${version?.versionId ?? ''}`)).status).toBe(404);
    expect((await versions()).length).toBeGreaterThan(0);
  });
});

test('a version that is not there is a 404, and a name that is none a 400', async () => {
  expect((await hub.rest('GET', address('versions/12345'))).status).toBe(404);
  expect((await hub.rest('GET', address('versions/nonsense'))).status).toBe(404);
  expect((await hub.rest('POST', address('versions'), { name: ' ' })).status).toBe(400);
});
