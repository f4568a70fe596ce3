/** What people are told when their notebook can't be saved, and that it is saved once it can be (X2). */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { mkdir, rename } from 'node:fs/promises';
import path from 'node:path';
import { RoomProgram } from '../support/room-program.js';
import { hubPlace, readServed, startHub, writeCells } from '../support/test-hub.js';
import type { HubPlace, TestHub } from '../support/test-hub.js';
import { waitUntil } from '../support/wait-until.js';

const SLOW_MS = 120_000;

let place: HubPlace;
let hub: TestHub;

beforeAll(async () => {
  place = await hubPlace();
  await mkdir(path.join(place.served, 'below'));
  await writeCells(place, 'below/a.ipynb', 'before');
  hub = await startHub(place);
}, SLOW_MS);

afterAll(async () => {
  await hub.stop();
  await place.remove();
}, SLOW_MS);

test(
  '[X2] a notebook whose folder has vanished is not saved and says why, and is saved when the folder is back',
  async () => {
    const folder = path.join(place.served, 'below');
    // Within the served folder it would be followed.
    const elsewhere = path.join(path.dirname(place.served), 'elsewhere');
    const ann = await RoomProgram.join(hub, 'below/a.ipynb', 'Ann');
    const saving = (): unknown => ann.told('saved').at(-1)?.saving;
    await rename(folder, elsewhere);
    ann.setSource('c0', 'typed');
    await expect(ann.call('save', {})).rejects.toThrow('its folder is gone');
    await waitUntil('she is told', () => JSON.stringify(saving()).includes('its folder is gone'));
    expect(saving()).toMatchObject({ state: 'failed' });
    await rename(elsewhere, folder);
    // Nobody asks again: it is tried by itself.
    await waitUntil('it is saved', () => JSON.stringify(saving()).includes('"saved"'));
    expect(await readServed(place, 'below/a.ipynb')).toContain('typed');
    ann.close();
  },
  SLOW_MS,
);
