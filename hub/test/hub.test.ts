/** A hub as a process: how it starts and ends, what it keeps, what it says when something is wrong. */
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { mkdir, readFile, readdir, symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import * as Y from 'yjs';
import { HubsOfATest } from './support/hubs-of-a-test.js';
import { RoomProgram, roomUrl, sessionOf } from './support/room-program.js';
import { TOKEN, hubEnds, readServed, runHub, writeCells } from './support/test-hub.js';
import type { HubPlace } from './support/test-hub.js';
import { waitUntil } from './support/wait-until.js';

const SLOW_MS = 120_000;

let all: HubsOfATest;
let place: HubPlace;

beforeEach(async () => {
  all = await HubsOfATest.make();
  ({ place } = all);
});

afterEach(() => all.end(), SLOW_MS);

/** Every file below a folder, by content. */
async function files(folder: string): Promise<Buffer[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return Promise.all(
    entries.filter((entry) => entry.isFile()).map((entry) => readFile(path.join(entry.parentPath, entry.name))),
  );
}

describe('a hub that can not start', () => {
  test(
    'says so in one sentence when its port is in use',
    async () => {
      const other = createServer();
      await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
      const { port } = other.address() as AddressInfo;
      const { code, stderr } = await runHub(place, [place.served, '--port', String(port), '--no-open']);
      await new Promise((resolve) => other.close(resolve));
      expect(code).toBe(1);
      expect(stderr).toContain(`port ${String(port)} is in use`);
      expect(stderr).not.toContain('    at ');
    },
    SLOW_MS,
  );

  test(
    'says so in one sentence when the folder is missing',
    async () => {
      const { code, stderr } = await runHub(place, [path.join(place.served, 'none'), '--no-open']);
      expect(code).toBe(1);
      expect(stderr).toMatch(/^cokernel: there is no folder '.*none'/m);
      expect(stderr).not.toContain('    at ');
    },
    SLOW_MS,
  );

  test(
    'prints the URL of the hub that serves the folder already, and is content',
    async () => {
      const first = await all.start();
      const { code, stdout } = await runHub(place, [place.served, '--port', '0', '--no-open']);
      expect(code).toBe(0);
      expect(stdout).toContain(`${first.url}/?token=${TOKEN}`);
    },
    SLOW_MS,
  );
});

describe('a hub that ends', () => {
  test(
    'says goodbye with 1001, gives its folder back and leaves no trace of itself',
    async () => {
      await writeCells(place, 'a.ipynb', '1');
      const hub = await all.start();
      const ann = await all.join(hub, 'a.ipynb', 'Ann');
      const { code } = await hub.stop('SIGTERM');
      expect(code).toBe(0);
      expect((await ann.isClosed()).code).toBe(1001);
      expect(await readdir(path.join(place.data, 'hubs'))).toEqual([]);
      await all.start();
    },
    SLOW_MS,
  );

  test(
    'when it is asked to over REST ends',
    async () => {
      const hub = await all.start();
      expect((await hub.rest('POST', '/api/hub/stop')).status).toBe(202);
      await hubEnds(hub);
    },
    SLOW_MS,
  );

  test(
    'has written its token nowhere but in its own file, and in no log',
    async () => {
      await writeCells(place, 'a.ipynb', '1');
      const hub = await all.start('--log-level', 'trace');
      await all.join(hub, 'a.ipynb', 'Ann');
      await hub.rest('GET', `/api/contents/none?token=${TOKEN}`);
      await hub.rest('GET', `/api/nothing?token=${TOKEN}`);
      const { stderr } = await hub.stop();
      expect(stderr).not.toContain(TOKEN);
      const kept = await files(place.data);
      expect(kept.filter((bytes) => bytes.includes(TOKEN))).toEqual([]);
    },
    SLOW_MS,
  );
});

describe('a notebook', () => {
  test(
    '[P28] [X1] has the same history and text after the hub was stopped and started',
    async () => {
      await writeCells(place, 'a.ipynb', 'before');
      const first = await all.start();
      const before = await sessionOf(first, 'a.ipynb');
      const ann = await all.join(first, 'a.ipynb');
      ann.setSource('c0', 'after');
      await ann.flushed();
      await first.stop('SIGTERM');
      const second = await all.start();
      expect(await sessionOf(second, 'a.ipynb')).toEqual(before);
      const { fileId } = before;
      const again = all.keep(await RoomProgram.open(roomUrl(second, fileId), ann.doc));
      again.sendStepOne();
      await waitUntil('the document is there', () => again.synced);
      expect(again.cellIds()).toEqual(['c0']);
      expect(again.source('c0')).toBe('after');
      expect(await readServed(place, 'a.ipynb')).toContain('after');
    },
    SLOW_MS,
  );

  test(
    '[P28] [X3] that another program changed while no hub ran has that in its history, and who comes is told',
    async () => {
      await writeCells(place, 'a.ipynb', 'old', 'kept');
      const first = await all.start();
      const before = await sessionOf(first, 'a.ipynb');
      const ann = await all.join(first, 'a.ipynb');
      ann.setSource('c1', 'typed');
      await ann.flushed();
      await first.stop('SIGTERM');
      await writeFile(
        path.join(place.served, 'a.ipynb'),
        (await readServed(place, 'a.ipynb')).replace('"old"', '"new on disk"'),
      );
      const second = await all.start();
      expect(await sessionOf(second, 'a.ipynb')).toEqual(before);
      const again = await all.join(second, 'a.ipynb', 'Ann');
      expect([again.source('c0'), again.source('c1')]).toEqual(['new on disk', 'typed']);
      await waitUntil('she is told', () => again.told('notice').at(-1)?.code === 'changedOnDisk');
    },
    SLOW_MS,
  );

  test(
    '[X2] [X3] whose hub was killed has what was typed and what another program wrote, and all of it is saved',
    async () => {
      await writeCells(place, 'a.ipynb', 'one', 'two');
      await writeCells(place, 'b.ipynb', 'one');
      const first = await all.start();
      const ann = await all.join(first, 'a.ipynb', 'Ann');
      const annInB = await all.join(first, 'b.ipynb', 'Ann');
      ann.setSource('c0', 'typed');
      annInB.setSource('c0', 'typed in b');
      await waitUntil('it is stored', () => ann.told('stored').length > 0 && annInB.told('stored').length > 0);
      process.kill(first.pid, 'SIGKILL');
      await first.stop();
      const file = path.join(place.served, 'a.ipynb');
      await writeFile(file, (await readServed(place, 'a.ipynb')).replace('"two"', '"from disk"'));
      const second = await all.start();
      const ben = await all.join(second, 'a.ipynb', 'Ben');
      expect(ben.cellIds().map((id) => ben.source(id))).toEqual(['typed', 'from disk']);
      // Nobody edits it any more.
      await all.join(second, 'b.ipynb', 'Ben');
      await waitUntil('it is saved', async () => (await readServed(place, 'b.ipynb')).includes('typed in b'), 20_000);
    },
    SLOW_MS,
  );

  test(
    '[P29] [X1] of another history is kept apart and its client told to begin anew',
    async () => {
      await writeCells(place, 'a.ipynb', 'ours');
      const hub = await all.start();
      const { fileId, sessionId } = await sessionOf(hub, 'a.ipynb');
      const ann = await all.join(hub, 'a.ipynb');
      const doc = new Y.Doc();
      doc.getArray('cells').insert(0, [
        new Y.Map<unknown>([
          ['id', 'theirs'],
          ['source', new Y.Text('unsaved work')],
        ]),
      ]);
      const stranger = all.keep(await RoomProgram.open(roomUrl(hub, fileId), doc));
      stranger.sendStepOne();
      const { code, reason } = await stranger.isClosed();
      expect(code).toBe(1003);
      expect(JSON.parse(reason)).toEqual({ reason: 'version_mismatch', sessionId, reloadable: true });
      await ann.flushed();
      expect(ann.cellIds()).toEqual(['c0']);
      const copies = (await files(place.data)).filter((bytes) => bytes.includes('unsaved work'));
      expect(copies).toHaveLength(1);
      const kept = new Y.Doc();
      Y.applyUpdate(kept, copies[0] ?? new Uint8Array());
      expect(JSON.stringify(kept.getArray('cells').toJSON())).toContain('unsaved work');
    },
    SLOW_MS,
  );

  test(
    '[X2] is saved by itself a while after the last edit',
    async () => {
      await writeCells(place, 'a.ipynb', 'first');
      const hub = await all.start();
      const ann = await all.join(hub, 'a.ipynb', 'Ann');
      ann.setSource('c0', 'typed and left');
      await waitUntil('the file has it', async () => (await readServed(place, 'a.ipynb')).includes('typed and left'));
      await waitUntil('it is told', () => ann.told('saved').at(-1)?.saving.state === 'saved');
      expect(ann.told('saved').map(({ saving }) => saving.state)).toEqual(['unsaved', 'saving', 'saved']);
    },
    SLOW_MS,
  );

  test(
    '[C1] that is broken is named with its line and left as it was; the rest works',
    async () => {
      const broken = '{\n "cells": [\n  {"cell_type": "code",,}\n ]\n}\n';
      await writeFile(path.join(place.served, 'broken.ipynb'), broken);
      await writeCells(place, 'good.ipynb', '1');
      const hub = await all.start();
      const body = { format: 'json', type: 'notebook' };
      const refused = await hub.rest('PUT', '/api/collaboration/session/broken.ipynb', body);
      expect(refused.status).toBe(400);
      expect(JSON.stringify(refused.json)).toMatch(/line 3/);
      expect(await readServed(place, 'broken.ipynb')).toBe(broken);
      expect((await all.join(hub, 'good.ipynb')).source('c0')).toBe('1');
    },
    SLOW_MS,
  );

  test(
    '[C1] that can not be kept as it is says so to the one who opens it, and is not written before somebody edits',
    async () => {
      const file = path.join(place.served, 'odd.ipynb');
      const text = '{"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": [], "odd": 1}';
      await writeFile(file, text);
      const ann = await all.join(await all.start(), 'odd.ipynb', 'Ann');
      await waitUntil('she is told', () => ann.told('notice').some(({ code }) => code === 'notKept'));
      expect(ann.told('notice').map(({ message }) => message)).toEqual([
        "Saving will change 'odd.ipynb'. The notebook has keys that nbformat does not know and that are not kept: odd.",
      ]);
      expect(await readServed(place, 'odd.ipynb')).toBe(text);
    },
    SLOW_MS,
  );

  test(
    '[X22] has one room whatever link leads to it',
    async () => {
      await mkdir(path.join(place.served, 'sub'));
      await writeCells(place, 'a.ipynb', '1');
      await symlink(path.join(place.served, 'a.ipynb'), path.join(place.served, 'sub', 'link.ipynb'));
      const hub = await all.start();
      expect(await sessionOf(hub, 'sub/link.ipynb')).toEqual(await sessionOf(hub, 'a.ipynb'));
    },
    SLOW_MS,
  );
});
