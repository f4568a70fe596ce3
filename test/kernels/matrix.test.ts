/**
 * Every promise about kernels, over each kernel that the tests know: one hub process, a notebook and a kernel's channels
 * a kernel, by the client library alone. What a kernel can't do stands in support/kernels.ts, with the reason.
 */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { HubClient, childOf, executionErrors, kernelStatuses, ofMessageType, outputs } from '@cokernel/core';
import { executeRequest, inputReply, type KernelMessage } from '@cokernel/proto/jupyter';
import type { Output } from '@cokernel/proto/notebook';
import { firstValueFrom, from, toArray } from 'rxjs';
import { startHub } from '../end-to-end/support/hub-process.js';
import { makeScratch, type Scratch } from '../end-to-end/support/scratch.js';
import { until } from '../end-to-end/support/until.js';
import { allKernelspecs } from './support/kernelspecs.js';
import { able, kernels, leftOut, type TestKernel } from './support/kernels.js';
import { enter, type Place } from './support/place.js';
import { controlRequest, shellRequest } from './support/requests.js';
import { ask, runCode } from './support/run-code.js';

let scratch: Scratch;
let served: string;
let client: HubClient;
const places = new Map<string, Place>();

beforeAll(async () => {
  for (const reason of leftOut) process.stderr.write(`${reason}\n`);
  scratch = makeScratch();
  served = scratch.make('served');
  const hub = await startHub(scratch, { served, kernelspecs: allKernelspecs(scratch) });
  client = new HubClient(hub);
  await Promise.all(kernels.map(async ({ name }) => places.set(name, await enter(scratch, hub, served, name))));
}, 120_000);

afterAll(() => scratch.end());

function at(name: string): Place {
  const place = places.get(name);
  if (place === undefined) throw new Error(`${name} did not start`);
  return place;
}

/** What a run of this code in a cell shows. */
async function shownBy({ user }: Place, code: string): Promise<string> {
  const { cellId, run } = await user.run(code);
  expect(run).toMatchObject({ state: 'succeeded' });
  let text = '';
  await until('its output', () => (text = user.text(cellId)) !== '');
  return text;
}

/** As they stand in the file. */
function savedOutputs(name: string, cellId: string): readonly object[] | undefined {
  const saved: { readonly cells: readonly { readonly id: string; readonly outputs: readonly object[] }[] } = JSON.parse(
    readFileSync(join(served, `${name}.ipynb`), 'utf8'),
  );
  return saved.cells.find(({ id }) => id === cellId)?.outputs;
}

/** tslab aborts whatever it is asked within 200 ms of a failure. */
async function recover({ channels }: Place, { value }: TestKernel): Promise<void> {
  await until('the kernel to run again', async () => {
    const answers = await runCode(channels, value);
    return answers.some(({ channel, content }) => channel === 'shell' && content['status'] === 'ok');
  });
}

async function processIdOf(name: string, { pid }: TestKernel): Promise<number> {
  return Number((await shownBy(at(name), pid)).trim());
}

describe.each(kernels)('$name', (kernel) => {
  const { name } = kernel;

  test('[J9] is idle only once it has said who it is', () => {
    expect(at(name).user.room.state.kernel).toMatchObject({
      specName: name,
      language: kernel.language,
      status: 'idle',
    });
  });

  test('[J13] has its kernelspec’s environment, with variables resolved', async () => {
    expect(await shownBy(at(name), kernel.environment)).toBe(`${name} of ${process.env['HOME']}\n`);
  });

  test('[J5] answers each request that it knows, on the channel of the request', async () => {
    const { channels } = at(name);
    const asked = [...kernel.answers.shell.map((what) => shellRequest(channels.sender(), what))];
    asked.push(...kernel.answers.control.map((what) => controlRequest(channels.sender(), what)));
    for (const request of asked) {
      const { channel, header } = await channels.request(request);
      expect([channel, header.msg_type]).toEqual([
        request.channel,
        request.header.msg_type.replace('request', 'reply'),
      ]);
    }
  });

  test('[J6] says on iopub what it has to say, each kind', async () => {
    const { channels, said } = at(name);
    const before = said.length;
    for (const code of [kernel.prints, kernel.value, kernel.shows, kernel.shownAnew, kernel.fails])
      await runCode(channels, code);
    const seen = (): Set<string> => {
      const onIopub = said.slice(before).filter(({ channel }) => channel === 'iopub');
      return new Set(onIopub.map(({ header }) => header.msg_type));
    };
    // Deno may print when the run is over.
    await until('each kind', () => kernel.iopub.every((kind) => seen().has(kind)), { state: () => [...seen()].join() });
    expect(seen()).toEqual(new Set(kernel.iopub));
    await recover(at(name), kernel);
  });

  test('[E5] is read by the same operators', async () => {
    const { channels, said } = at(name);
    const before = said.length;
    await runCode(channels, kernel.prints);
    const read = (): Promise<Output[]> => firstValueFrom(from(said.slice(before)).pipe(outputs(), toArray()));
    const printed: Output = { output_type: 'stream', name: 'stdout', text: 'out\n' };
    await until('what it printed', async () => (await read()).some((output) => isDeepStrictEqual(output, printed)));
    const failed = await runCode(channels, kernel.fails);
    const errors = await firstValueFrom(from(failed).pipe(executionErrors(), toArray()));
    expect(errors).toHaveLength(kernel.iopub.includes('error') ? 1 : 0);
    const reply = await firstValueFrom(from(failed).pipe(ofMessageType('execute_reply')));
    expect(reply.content).toMatchObject({ status: 'error' });
    await recover(at(name), kernel);
  });

  test('[J7] prints after its run has ended, and the text lands in the run’s cell', async () => {
    const { user } = at(name);
    const file = join(scratch.folder, `${name}-late`);
    const { cellId, run } = await user.run(kernel.late(file));
    expect([run.state, user.text(cellId)]).toEqual(['succeeded', '']);
    writeFileSync(file, '');
    await until('what is printed late', () => user.text(cellId) === 'late\n');
  });

  test('[J7] fails a run whose reply says so, and shows why in its cell', async () => {
    const { user } = at(name);
    const { cellId, run } = await user.run(kernel.fails);
    expect(run.state).toBe('failed');
    await until('the reason', () => user.text(cellId).includes('not so'));
    await recover(at(name), kernel);
  });

  test('[J17] changes what another cell shows, and its id is not saved', async () => {
    const { user } = at(name);
    const { cellId } = await user.run(kernel.shows);
    await until('the display', () => user.text(cellId) === 'one');
    await user.run(kernel.shownAnew);
    await until('the display to change', () => user.text(cellId) === 'two');
    await user.room.call('save', {});
    expect(savedOutputs(name, cellId)).toEqual([
      { output_type: 'display_data', data: { 'text/plain': ['two'] }, metadata: {} },
    ]);
  });

  test('[J11] is interrupted in the middle of a run by its kernelspec’s way, and goes on', async () => {
    const place = at(name);
    const { cellId, runId } = await place.user.start(kernel.endless);
    await until('the run to be in its middle', () => place.user.text(cellId).startsWith('on'));
    expect(await place.user.room.call('interrupt', { runId })).toEqual({ interrupted: runId });
    expect(await place.user.finished(runId)).toMatchObject({ state: 'failed' });
    await recover(place, kernel);
    expect(await shownBy(place, kernel.value)).toContain('42');
  });

  test('[J12] is started again when its process is killed, and every client is told', async () => {
    const place = at(name);
    const pid = await processIdOf(name, kernel);
    await place.user.run(kernel.remembers);
    const before = place.user.statuses.length;
    process.kill(pid, 'SIGKILL');
    const told = (): readonly string[] => place.user.statuses.slice(before);
    await until('the kernel to be back', () => told().includes('restarting') && told().at(-1) === 'idle', {
      state: () => told().join(),
    });
    const statuses = await firstValueFrom(from(place.said).pipe(kernelStatuses(), toArray()));
    expect(statuses).toContain('restarting');
    expect(place.user.room.state.queue.held).toBe('kernelDied');
    await place.user.room.call('goOn', {});
    expect(await processIdOf(name, kernel)).not.toBe(pid);
    expect((await shownBy(place, kernel.recalls)).toLowerCase()).toBe('false\n');
  });

  test('[J10] restarts with the same id and a new memory', async () => {
    const place = at(name);
    const pid = await processIdOf(name, kernel);
    await place.user.run(kernel.remembers);
    await place.user.room.call('restart', {});
    await place.user.sees('the kernel to be back', (state) => state.kernel?.status === 'idle');
    expect(place.user.room.state.kernel?.kernelId).toBe(place.channels.kernelId);
    expect((await shownBy(place, kernel.recalls)).toLowerCase()).toBe('false\n');
    expect(await processIdOf(name, kernel)).not.toBe(pid);
  });
});

test.each(able('unknownType'))('[J6] a type that nobody knows passes untouched: $name', async ({ name, code }) => {
  const { channels } = at(name);
  const request = executeRequest(channels.sender(), { code });
  const found = firstValueFrom(channels.iopub$.pipe(ofMessageType('of_tomorrow')));
  await ask(channels, request);
  expect(await found).toMatchObject({ content: { a: 1 }, parent_header: { msg_id: request.header.msg_id } });
});

test.each(able('clears'))(
  '[J16] what was printed is cleared when the next output comes: $name',
  async ({ name, code }) => {
    const { user } = at(name);
    const { cellId } = await user.run(code);
    await until('the new text alone', () => user.text(cellId) === 'new\n');
  },
);

describe.each(able('asks'))('$name', ({ name, code }) => {
  test('[J4] [J18] asks, and takes the first answer alone', async () => {
    const { user } = at(name);
    const { cellId, runId } = await user.start(code);
    const { prompt } = await user.sees('the question', (state) => state.prompt !== null);
    const { promptId, text } = prompt ?? { promptId: null, text: '' };
    if (promptId === null) throw new Error('the question was withdrawn');
    expect(text).toContain('Who?');
    const answers = ['Ann', 'Ben'].map((value) => user.room.call('inputReply', { promptId, value }));
    expect((await Promise.all(answers)).map(({ accepted }) => accepted)).toEqual([true, false]);
    expect(await user.finished(runId)).toMatchObject({ state: 'succeeded' });
    await until('the greeting', () => user.text(cellId).includes('Hello ANN'));
    expect(user.room.state.prompt).toBeNull();
  });

  test('[J4] [J18] asks the client of its channels that has sent the run, on stdin', async () => {
    const { channels, said } = at(name);
    const request = executeRequest(channels.sender(), { code });
    const asked = firstValueFrom(channels.stdin$.pipe(childOf(request)));
    const answers = ask(channels, request);
    const { header } = await asked;
    channels.send(inputReply(channels.sender(), header, 'Cleo'));
    await answers;
    const greets = ({ content }: KernelMessage): boolean => JSON.stringify(content).includes('Hello CLEO');
    await until('the greeting, before or after the run’s end', () => said.some(greets));
  });
});

test.each(kernels)('[J10] [S1] $name is shut down by a client, and its process is gone', async (kernel) => {
  const { name } = kernel;
  const place = at(name);
  const pid = await processIdOf(name, kernel);
  await place.channels.shutdown();
  expect((await client.kernels()).map(({ id }) => id)).not.toContain(place.channels.kernelId);
  await until('the process to be gone', () => isGone(pid));
});

function isGone(pid: number): boolean {
  try {
    return !process.kill(pid, 0);
  } catch {
    // ESRCH: there is no such process.
    return true;
  }
}
