/** What a notebook refers to in the output store, as its room comes and goes in a real hub. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import { CellId } from '@cokernel/proto/hub';
import type { ContentHash } from '@cokernel/proto/hub';
import { makeCodeCell, makeNotebook, readDocument, storedBundle, writeNotebook } from '@cokernel/proto/notebook';
import { cellsArray } from '@cokernel/proto/notebook';
import { readConfig } from '../../src/config.js';
import { ofOneHub } from '../../src/right.js';
import { ReferenceLog } from '../../src/storage/outputs/reference-log.js';
import { RoomProgram, sessionOf } from '../support/room-program.js';
import { hubPlace, startHub, writeCells } from '../support/test-hub.js';
import type { HubPlace, TestHub } from '../support/test-hub.js';
import { waitUntil } from '../support/wait-until.js';

const SLOW_MS = 120_000;

let place: HubPlace;
let hub: TestHub;

beforeAll(async () => {
  place = await hubPlace();
  const cells = [1, 2].map((picture) => ({
    ...makeCodeCell('1'),
    id: CellId.parse(`c${String(picture)}`),
    outputs: [
      {
        output_type: 'display_data' as const,
        data: { 'image/png': Buffer.alloc(100_000, picture).toString('base64'), 'text/plain': 'a picture' },
        metadata: {},
      },
    ],
  }));
  await writeFile(path.join(place.served, 'a.ipynb'), writeNotebook(makeNotebook(cells)));
  hub = await startHub(place);
}, SLOW_MS);

afterAll(async () => {
  await hub.stop();
  await place.remove();
}, SLOW_MS);

async function storeDirectory(): Promise<string> {
  const config = await readConfig([place.served], { COKERNEL_DATA: place.data });
  return config?.storeDirectory ?? '';
}

const Index = z.object({ files: z.array(z.object({ fileId: z.string(), goneSince: z.string().nullable() })) });

/** The notebooks whose files are gone, as the hub's index says. */
async function goneIds(): Promise<readonly string[]> {
  const index = await readFile(path.join(await storeDirectory(), 'file-index.json'), 'utf8');
  const { files } = Index.parse(JSON.parse(index));
  return files.filter(({ goneSince }) => goneSince !== null).map(({ fileId }) => fileId);
}

/** The hashes that the notebook's document refers to, and those that it let go. */
async function stored(
  fileId: string,
): Promise<{ readonly held: readonly string[]; readonly letGo: readonly string[] }> {
  const file = path.join(await storeDirectory(), 'outputs', 'references.log');
  const log = new ReferenceLog({ path: file, right: ofOneHub, onNotice: () => undefined, now: () => new Date() });
  await log.start();
  const state = log.references.state();
  await log.close();
  return {
    held: state.held.filter((one) => one.fileId === fileId && one.holder === 'log').flatMap(({ targets }) => targets),
    letGo: state.letGo.filter((one) => one.fileId === fileId).flatMap(({ targets }) => targets.map(([name]) => name)),
  };
}

test(
  '[P44] a room that closes lets go what was deleted in it, and keeps the rest',
  async () => {
    const { fileId } = await sessionOf(hub, 'a.ipynb');
    const ann = await RoomProgram.join(hub, 'a.ipynb', 'Ann');
    const hashes = readDocument(ann.doc).cells.map((cell): ContentHash | undefined => {
      const [output] = cell.cell_type === 'code' ? cell.outputs : [];
      return output !== undefined && 'data' in output ? storedBundle(output.data)?.['image/png']?.sha256 : undefined;
    });
    expect(new Set(hashes).size).toBe(2);
    expect(hashes).not.toContain(undefined);
    cellsArray(ann.doc).delete(1, 1);
    await waitUntil('the deletion is stored', () => ann.told('stored').length > 0);
    ann.close();
    await hub.stop();
    expect(await stored(fileId)).toEqual({ held: [hashes[0]], letGo: [hashes[1]] });
  },
  SLOW_MS,
);

test(
  '[X22] [P44] a notebook that was moved while no hub ran keeps its history, and one that went is counted as gone',
  async () => {
    hub = await startHub(place);
    for (const name of ['x.ipynb', 'y.ipynb', 'z.ipynb']) await writeCells(place, name, `of ${name}`);
    const [x, y, gone] = await Promise.all(['x.ipynb', 'y.ipynb', 'z.ipynb'].map((name) => sessionOf(hub, name)));
    const ann = await RoomProgram.join(hub, 'x.ipynb', 'Ann');
    ann.setSource('c0', 'typed');
    await ann.call('save', {});
    ann.close();
    await hub.stop();
    const at = (name: string): string => path.join(place.served, name);
    await rename(at('x.ipynb'), at('moved.ipynb'));
    await rename(at('y.ipynb'), at('x.ipynb'));
    await rm(at('z.ipynb'));
    hub = await startHub(place);
    expect(await sessionOf(hub, 'moved.ipynb')).toEqual(x);
    expect(await sessionOf(hub, 'x.ipynb')).toEqual(y);
    const ben = await RoomProgram.join(hub, 'moved.ipynb', 'Ben');
    expect([ben.source('c0'), ben.told('notice')]).toEqual(['typed', []]);
    await waitUntil('it is counted as gone', async () => (await goneIds()).join() === gone?.fileId);
    ben.close();
  },
  SLOW_MS,
);
