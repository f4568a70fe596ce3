/** Questions over the room socket: to a kernel that has no subshells, and a kernel's own while its keeper is away. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { calls } from '@cokernel/proto/hub';
import { withoutSubshells } from '../support/real-session.js';
import { RoomProgram } from '../support/room-program.js';
import { hubPlace, startHub, writeCells } from '../support/test-hub.js';
import type { HubPlace, TestHub } from '../support/test-hub.js';
import { waitUntil } from '../support/wait-until.js';

const SLOW_MS = 120_000;
const waiting = "import os, time\nwhile not os.path.exists('go'): time.sleep(0.02)";
const asks = 'x = input("Name? ")\nprint("hi", x)';
let place: HubPlace;
let hub: TestHub;
let ann: RoomProgram;
let ben: RoomProgram;

beforeAll(async () => {
  place = await hubPlace();
  await writeCells(place, 'a.ipynb', waiting, 'print("next")', asks, 'import os\nprint("keeper", os.getppid())');
  const jupyter = path.join(place.served, '..', 'jupyter');
  const folder = path.join(jupyter, 'kernels', 'plain');
  await mkdir(folder, { recursive: true });
  const spec = { argv: await withoutSubshells(), display_name: 'Plain', language: 'python' };
  await writeFile(path.join(folder, 'kernel.json'), JSON.stringify(spec));
  hub = await startHub(place, [], { JUPYTER_DATA_DIR: jupyter });
  ann = await RoomProgram.join(hub, 'a.ipynb', 'Ann');
  ben = await RoomProgram.join(hub, 'a.ipynb', 'Ben');
  await ann.call('startKernel', { specName: 'plain' });
}, SLOW_MS);

afterAll(async () => {
  ann.close();
  ben.close();
  await hub.stop();
  await place.remove();
}, SLOW_MS);

describe('a kernel that can’t answer beside a run', () => {
  test(
    'is said to be busy at once; the answer comes to who asked, once, before the next run, and not to who has left',
    async () => {
      await ann.run(['c0']);
      await waitUntil('it runs', () => ann.told('queueChanged').at(-1)?.queue.running !== null);
      await ben.run(['c1']);
      const question = { code: '"😀"; pri', cursorPos: 8 };
      const replaced = await ann.call('complete', { ...question, code: 'x' });
      const busy = await ann.call('complete', question);
      expect(busy).toEqual({ status: 'kernelBusy', questionId: expect.any(String) });
      const left = await RoomProgram.join(hub, 'a.ipynb', 'Cleo');
      expect(await left.call('variables', {})).toMatchObject({ status: 'kernelBusy' });
      left.close();
      await writeFile(path.join(place.served, 'go'), '');
      await waitUntil('both are answered', () => ann.told('kernelAnswered').length === 2);
      expect(ann.told('kernelAnswered')).toEqual([
        { event: 'kernelAnswered', questionId: replaced['questionId'], content: { status: 'aborted' } },
        {
          event: 'kernelAnswered',
          questionId: busy['questionId'],
          content: expect.objectContaining({
            matches: expect.arrayContaining(['print']) as unknown,
            cursor_start: 5,
          }) as unknown,
        },
      ]);
      await waitUntil('the next one ends', () => ann.told('runFinished').length === 2);
      expect(ben.told('kernelAnswered')).toEqual([]);
    },
    SLOW_MS,
  );
});

describe('a question of the kernel', () => {
  const status = () => ann.told('kernelChanged').at(-1)?.kernel?.status;
  const asked = () => ann.told('promptChanged').at(-1)?.prompt;
  const runs = async (cellId: string): Promise<string> => (await ann.run([cellId])).runs[0]?.run.runId ?? '';

  test(
    '[J18] [X7] that is answered while its keeper is away gets its answer, and its run goes on',
    async () => {
      expect(await ann.finished(await runs('c3'))).toBe('succeeded');
      await waitUntil('it has printed', () => /keeper \d+/.test(ann.output('c3')));
      const runId = await runs('c2');
      await waitUntil('it is asked', () => asked()?.runId === runId);
      const params = calls.inputReply.params.parse({ promptId: asked()?.promptId, value: 'Cleo' });
      process.kill(Number(/keeper (\d+)/.exec(ann.output('c3'))?.[1]), 'SIGKILL');
      await waitUntil('it is away', () => status() === 'reconnecting');
      expect(await ann.call('inputReply', params)).toEqual({ accepted: true });
      expect(await ann.finished(runId)).toBe('succeeded');
      await waitUntil('the output arrives', () => ann.output('c2').includes('hi Cleo'));
      expect(ann.output('c2').match(/Name\?/g)).toHaveLength(1);
    },
    SLOW_MS,
  );
});
