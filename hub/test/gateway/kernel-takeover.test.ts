/** Stock clients of a kernel whose hub ends in the middle of a run: the next hub answers them. */
import { afterEach, describe, expect, test } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { z } from 'zod';
import type { KernelMessage } from '@cokernel/proto/jupyter';
import { ChannelProgram } from '../support/channel-client.js';
import { TOKEN, hubPlace, startHub } from '../support/test-hub.js';
import type { HubPlace, TestHub } from '../support/test-hub.js';
import { waitUntil } from '../support/wait-until.js';

const SLOW_MS = 120_000;
const Kernel = z.object({ id: z.string() });
/** Prints, waits until the file is there, prints on. */
const program = (file: string): string =>
  `import os, time\nprint("before", flush=True)\nwhile not os.path.exists("${file}"): time.sleep(0.02)\nprint("after")`;

let place: HubPlace;
let hub: TestHub;

afterEach(async () => {
  await hub.stop();
  await place.remove();
}, SLOW_MS);

/** A hub with a kernel, a client of its channels, and the file that its run will wait for. */
async function firstHub() {
  place = await hubPlace();
  hub = await startHub(place);
  const { id } = Kernel.parse((await hub.rest('POST', '/api/kernels', {})).json);
  const sessionId = randomUUID();
  const before = await ChannelProgram.connect(hub, id, { sessionId });
  return { id, sessionId, before, file: `${place.data}/go-on` };
}

/** Of a run without a cell, as far as it is stored. */
async function transcriptOf({ header }: KernelMessage): Promise<string> {
  const address = `${hub.url}/api/hub/runs/${header.msg_id}/transcript`;
  return (await fetch(address, { headers: { authorization: `token ${TOKEN}` } })).text();
}

describe('a hub that ends in the middle of a run', () => {
  test(
    '[X7] leaves it to the next one: its client hears the rest, its reply and its idle, and so does one whose run waited',
    async () => {
      const { id, sessionId, before, file } = await firstHub();
      const running = before.execute(program(file));
      const waiting = before.execute('print("mine too")');
      await waitUntil('it has begun', () => before.printed().includes('before'));
      await hub.stop('SIGTERM');
      hub = await startHub(place);
      const after = await ChannelProgram.connect(hub, id, { sessionId });
      const other = await ChannelProgram.connect(hub, id);
      await other.ask('usage_request', {}, { channel: 'control' });
      await writeFile(file, '');
      expect((await after.answered(running)).content).toMatchObject({ status: 'ok' });
      expect((await after.answered(waiting)).content).toMatchObject({ status: 'ok' });
      expect(after.printed()).toBe('after\nmine too\n');
      expect(other.ofType('execute_reply')).toEqual([]);
    },
    SLOW_MS,
  );

  test(
    '[X7] answers the client of a run that ended while no client was there',
    async () => {
      const { id, sessionId, before, file } = await firstHub();
      const running = before.execute(program(file), {}, { header: { session: 'another name' } });
      await waitUntil('it has begun', () => before.printed().includes('before'));
      await hub.stop('SIGTERM');
      await writeFile(file, '');
      hub = await startHub(place);
      const run = `/api/kernels/${id}/requests/${running.header.msg_id}`;
      await waitUntil('it is over', async () => (await hub.rest('GET', run)).status === 200);
      const after = await ChannelProgram.connect(hub, id, { sessionId });
      expect((await after.answered(running)).content).toMatchObject({ status: 'ok' });
      expect(after.printed()).toBe('after\n');
    },
    SLOW_MS,
  );

  test(
    '[X7] tells no client again what it was told, neither of the run that goes on nor of earlier ones',
    async () => {
      const { id, sessionId, before, file } = await firstHub();
      const other = await ChannelProgram.connect(hub, id);
      await other.run('print("of another")');
      await before.run('print("earlier")');
      const running = before.execute(program(file));
      await waitUntil('it has begun', () => before.printed().endsWith('before\n'));
      await waitUntil('that is stored', async () => (await transcriptOf(running)).includes('before'));
      process.kill(hub.pid, 'SIGKILL');
      await before.isClosed();
      hub = await startHub(place);
      const after = await ChannelProgram.connect(hub, id, { sessionId });
      const otherAfter = await ChannelProgram.connect(hub, id, { sessionId: other.sessionId });
      await writeFile(file, '');
      expect((await after.answered(running)).content).toMatchObject({ status: 'ok' });
      expect([after.printed(), otherAfter.printed()]).toEqual(['after\n', 'after\n']);
      const had = new Set(before.messages.map(({ header }) => header.msg_id));
      expect(after.messages.filter(({ header }) => had.has(header.msg_id))).toEqual([]);
    },
    SLOW_MS,
  );
});
