/** A client that comes back with a document of another history is told where what it had is kept, and can read it. */
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import * as Y from 'yjs';
import { z } from 'zod';
import { RoomProgram, roomUrl, sessionOf } from './support/room-program.js';
import { type HubPlace, type TestHub, hubPlace, startHub, writeCells } from './support/test-hub.js';

const SLOW_MS = 120_000;
let place: HubPlace;
let hub: TestHub;

beforeEach(async () => {
  place = await hubPlace();
  await writeCells(place, 'a.ipynb', 'ours');
  hub = await startHub(place);
}, SLOW_MS);

afterEach(async () => {
  await hub.stop();
  await place.remove();
}, SLOW_MS);

const Copies = z.object({ copies: z.array(z.object({ name: z.string(), keptAt: z.iso.datetime() })) });

test(
  '[P29] [X1] who comes with another history is told where their copy is, and it can be read as a notebook',
  async () => {
    const { fileId } = await sessionOf(hub, 'a.ipynb');
    const address = `/api/hub/notebooks/${fileId}/copies`;
    expect((await hub.rest('GET', address)).json).toEqual({ copies: [] });
    const doc = new Y.Doc();
    doc.getArray('cells').insert(0, [
      new Y.Map<unknown>([
        ['id', 'theirs'],
        ['cell_type', 'code'],
        ['metadata', new Y.Map()],
        ['outputs', new Y.Array()],
        ['source', new Y.Text('unsaved work')],
      ]),
    ]);
    const stranger = await RoomProgram.open(roomUrl(hub, fileId), doc);
    await stranger.hello('Ann');
    stranger.sendStepOne();
    expect((await stranger.isClosed()).code).toBe(1003);
    const { copies } = Copies.parse((await hub.rest('GET', address)).json);
    expect(copies).toHaveLength(1);
    const copy = `${address}/${copies[0]?.name ?? ''}`;
    const notice = stranger.told('notice').find(({ code }) => code === 'otherHistory');
    expect(notice?.message).toContain(copy);
    expect((await hub.rest('GET', copy)).json).toMatchObject({
      nbformat: 4,
      cells: [{ id: 'theirs', source: ['unsaved work'] }],
    });
    expect((await hub.rest('GET', `${address}/none.yjs`)).status).toBe(404);
    expect((await hub.rest('GET', `/api/hub/notebooks/no-such/copies`)).json).toEqual({ copies: [] });
  },
  SLOW_MS,
);
