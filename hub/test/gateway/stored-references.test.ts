/** What a notebook refers to in the output store, as its room comes and goes in a real hub. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { CellId } from '@cokernel/proto/hub';
import type { ContentHash } from '@cokernel/proto/hub';
import { makeCodeCell, makeNotebook, readDocument, storedBundle, writeNotebook } from '@cokernel/proto/notebook';
import { cellsArray } from '@cokernel/proto/notebook';
import { readConfig } from '../../src/config.js';
import { ReferenceLog } from '../../src/storage/outputs/reference-log.js';
import { RoomProgram, sessionOf } from '../support/room-program.js';
import { hubPlace, startHub } from '../support/test-hub.js';
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

/** The hashes that the notebook's document refers to, and those that it let go. */
async function stored(
  fileId: string,
): Promise<{ readonly held: readonly string[]; readonly letGo: readonly string[] }> {
  const config = await readConfig([place.served], { COKERNEL_DATA: place.data });
  const file = path.join(config?.storeDirectory ?? '', 'outputs', 'references.log');
  const log = new ReferenceLog({ path: file, onNotice: () => undefined, now: () => new Date() });
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
