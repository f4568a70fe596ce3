/** What cells ask of a front end by payloads (J15), in a real hub with a real ipykernel: honoured once, for everybody. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { readdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { RoomProgram } from '../support/room-program.js';
import { hubPlace, startHub, writeCells } from '../support/test-hub.js';
import type { HubPlace, TestHub } from '../support/test-hub.js';
import { waitUntil } from '../support/wait-until.js';

const SLOW_MS = 120_000;
let place: HubPlace;
let hub: TestHub;
let ann: RoomProgram;
let ben: RoomProgram;

beforeAll(async () => {
  place = await hubPlace();
  await writeFile(path.join(place.served, 'part.py'), 'loaded = 1\n');
  await writeCells(place, 'a.ipynb', '', 'last');
  hub = await startHub(place);
  ann = await RoomProgram.join(hub, 'a.ipynb', 'Ann');
  ben = await RoomProgram.join(hub, 'a.ipynb', 'Ben');
}, SLOW_MS);

afterAll(async () => {
  ann.close();
  ben.close();
  await hub.stop();
  await place.remove();
}, SLOW_MS);

/** Runs code in the first cell, to its end. */
async function runs(code: string): Promise<void> {
  ann.setSource('c0', code);
  const [one] = (await ann.run(['c0'])).runs;
  expect(await ann.finished(one?.run.runId ?? '')).toBe('succeeded');
}

const sources = (): readonly string[] => ben.cellIds().map((id) => ben.source(id));

describe('a cell', () => {
  test(
    '[J15] that loads a file gets its text in place of its own, for everybody',
    async () => {
      await runs('%load part.py');
      await waitUntil('the text is there', () => sources()[0] === '# %load part.py\nloaded = 1\n');
      expect(sources()).toHaveLength(2);
    },
    SLOW_MS,
  );

  test(
    '[J15] that offers the next input gets a cell below it, which names who ran it',
    async () => {
      await runs('get_ipython().set_next_input("offered = 2")');
      await waitUntil('the cell is there', () => sources().length === 3);
      expect(sources().slice(1)).toEqual(['offered = 2', 'last']);
      expect(ben.cell(ben.cellIds()[1] ?? '').metadata).toMatchObject({ cokernel: { author: { name: 'Ann' } } });
    },
    SLOW_MS,
  );

  test(
    '[J15] that pages shows the page as its output',
    async () => {
      await runs('print??');
      await waitUntil('the page is there', () => ben.output('c0').includes('Signature'));
      expect(ben.cell('c0')).toMatchObject({
        outputs: [{ output_type: 'display_data', data: { 'text/plain': expect.anything() } }],
      });
    },
    SLOW_MS,
  );

  test(
    '[J15] that wants an editor names the file and the line',
    async () => {
      await runs('%edit part.py');
      await waitUntil('the line is there', () => /edit: .*part\.py, line \d+/.test(ben.output('c0')));
    },
    SLOW_MS,
  );

  test(
    '[J15] that only leaves the front end keeps the kernel',
    async () => {
      await runs('kept = 3');
      await runs('exit(keep_kernel=True)');
      await runs('assert kept == 3');
    },
    SLOW_MS,
  );

  test(
    '[J15] that exits ends the kernel for good: no death, everybody is told whose code it was, and the next run begins anew',
    async () => {
      ann.setSource('c0', "import os, time\nwhile not os.path.exists('go'): time.sleep(0.02)\nexit()");
      const last = ben.cellIds().at(-1) ?? '';
      ben.setSource(last, 'kept');
      await ben.flushed();
      const [ending] = (await ann.run(['c0'])).runs;
      const [waiting] = (await ben.run([last])).runs;
      await writeFile(path.join(place.served, 'go'), '');
      expect(await ben.finished(ending?.run.runId ?? '')).toBe('succeeded');
      expect(await ben.finished(waiting?.run.runId ?? '')).toBe('cancelled');
      await waitUntil('the kernel is gone', () => ben.told('kernelChanged').at(-1)?.kernel === null);
      const notice = () => ben.told('notice').find(({ code }) => code === 'kernelEnded');
      await waitUntil('everybody is told', () => notice() !== undefined);
      expect(notice()?.message).toContain('ended by code of Ann');
      expect(ben.told('queueChanged').every(({ queue }) => queue.held === null)).toBe(true);
      expect((await hub.rest('GET', '/api/kernels')).json).toEqual([]);
      // The keeper has none either: nothing was started again behind everybody's back.
      expect(await readdir(path.join(place.data, 'kernels'))).toEqual([]);
      await runs('print("anew")');
      expect(ann.told('runFinished').at(-1)?.run.executionCount).toBe(1);
    },
    SLOW_MS,
  );
});
