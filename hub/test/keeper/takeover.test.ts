/** The keeper killed, and the next one: kernels run on, nothing is run twice, and what is missing is said. */
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from '@jest/globals';
import type { KernelId } from '@cokernel/proto/hub';
import { KernelState } from '../../src/keeper/kernel-state.js';
import type { AttachedKernel, KernelHost, KernelHostEvent } from '../../src/kernel/kernel-host.js';
import { evaluated, KernelEvents, readyKernel, sendCode } from '../support/kernel-events.js';
import { isAlive, isRunning, TestKeeper } from '../support/keeper.js';
import { waitUntil } from '../support/wait-until.js';

const TIMEOUT = 120_000;
let keeper: TestKeeper;
const strangers: ChildProcess[] = [];

afterEach(async () => {
  for (const stranger of strangers.splice(0)) stranger.kill('SIGKILL');
  await keeper.stop();
});

async function newKeeper(): Promise<TestKeeper> {
  keeper = await TestKeeper.make();
  return keeper;
}

async function attach(host: KernelHost, kernelId: KernelId, fromSeq: number, fence = 1) {
  const events = new KernelEvents();
  const attached = await host.attach(kernelId, { fromSeq, fence }, events.listener);
  return { kernelId, events, ...attached };
}

const stateOf = (kernelId: KernelId) => join(keeper.dataDir, 'kernels', kernelId, 'state.json');

async function changeState(kernelId: KernelId, change: object): Promise<void> {
  const state: unknown = JSON.parse(await readFile(stateOf(kernelId), 'utf8'));
  await writeFile(stateOf(kernelId), JSON.stringify({ ...Object(state), ...change }));
}

type Message = Extract<KernelHostEvent, { type: 'message' }>;

function isMessage(event: KernelHostEvent): event is Message {
  return event.type === 'message';
}

const idOf = ({ message }: Message) => message.header.msg_id;

async function pidOf(started: Awaited<ReturnType<typeof readyKernel>>): Promise<number> {
  return Number(await evaluated(started, 'import os; print(os.getpid())'));
}

/** Asks for the interrupt until it was heard. Not again at once: one that hits a kernel in the middle of its reply takes that reply away. */
async function interruptUntil(what: string, kernel: AttachedKernel, run: string, isSo: () => boolean): Promise<void> {
  let askedAt = -Infinity;
  await waitUntil(what, async () => {
    if (performance.now() - askedAt > 2_000) {
      askedAt = performance.now();
      await kernel.interrupt(run);
    }
    return isSo();
  });
}

describe('the next keeper', () => {
  test(
    '[X19] takes over a kernel that waits: the same process, journal, labels, requests and fence',
    async () => {
      const first = await readyKernel((await newKeeper()).host());
      const pid = await pidOf(first);
      const run = await sendCode(first.kernel, 'x = 41');
      await first.events.untilDone(run);
      const { journalId } = first.hosted;
      const last = first.events.seqs.at(-1) ?? 0;
      await keeper.kill();
      const host = keeper.host();
      const second = await attach(host, first.kernelId, last, 3);
      expect(second.hosted).toMatchObject({
        journalId,
        knowsAllRequests: true,
        origin: 'started',
        specName: 'python3',
      });
      await second.events.until('ready');
      expect(await pidOf(second)).toBe(pid);
      await expect(sendCode(second.kernel, 'x = 0', { msgId: run })).rejects.toMatchObject({ code: 'alreadySent' });
      expect(await evaluated(second, 'print(x + 1)')).toBe('42\n');
      await keeper.kill();
      const refusal = { code: 'staleFence', highestFence: 3 };
      await expect(attach(keeper.host(), first.kernelId, 0, 2)).rejects.toMatchObject(refusal);
    },
    TIMEOUT,
  );

  test(
    '[X7] says where the gap is, before all else; what the former one wrote is there, and seqs go on',
    async () => {
      const first = await readyKernel((await newKeeper()).host());
      expect(await evaluated(first, 'print("before")')).toBe('before\n');
      const last = first.events.seqs.at(-1) ?? 0;
      await keeper.kill();
      const second = await attach(keeper.host(), first.kernelId, 0);
      await second.events.until('ready', 2);
      expect(second.events.seqs.slice(0, first.events.seqs.length)).toEqual(first.events.seqs);
      expect(second.events.ofType('gap')).toEqual([
        { type: 'gap', fromSeq: last, toSeq: last + 2, reason: 'the keeper was away' },
      ]);
      const after = second.events.all.findIndex(({ type }) => type === 'gap');
      expect(second.events.all.slice(after + 1).flatMap((event) => ('seq' in event ? [event.seq] : []))[0]).toBe(
        last + 2,
      );
      expect(second.events.seqs).toEqual([...new Set(second.events.seqs)].sort((a, b) => a - b));
    },
    TIMEOUT,
  );

  test(
    '[X7] no hub has seen a seq that the next keeper gives again, though the former was killed in a flood',
    async () => {
      const first = await readyKernel((await newKeeper()).host());
      const code = 'from IPython.display import display\nwhile True: display({"text/plain": "x" * 300}, raw=True)';
      const run = await sendCode(first.kernel, code);
      await waitUntil('it floods', () => first.events.childrenOf(run, 'display_data').length > 2_000);
      await keeper.kill();
      await first.events.until('detached');
      const second = await attach(keeper.host(), first.kernelId, 0);
      const { kernel, events } = second;
      await interruptUntil('the flood has ended', kernel, run, () => events.ofType('ready').length >= 2);
      const known = new Map(second.events.all.flatMap((event) => (isMessage(event) ? [[event.seq, idOf(event)]] : [])));
      const seen = first.events.all.filter(isMessage);
      expect(seen.filter((event) => known.get(event.seq) !== idOf(event))).toEqual([]);
    },
    TIMEOUT,
  );

  test(
    '[X7] a run goes on while no keeper is there: its later output and its reply come, then the kernel is ready',
    async () => {
      const first = await readyKernel((await newKeeper()).host());
      const go = join(keeper.dataDir, 'go');
      const code = [
        'import os, time',
        'print("begun", flush=True)',
        `while not os.path.exists(${JSON.stringify(go)}):`,
        '    print("on", flush=True); time.sleep(0.05)',
        'print("later", flush=True)',
      ].join('\n');
      const run = await sendCode(first.kernel, code);
      await first.events.untilChild(run, 'stream');
      await keeper.kill();
      const last = first.events.seqs.at(-1) ?? 0;
      const second = await attach(keeper.host(), first.kernelId, last);
      expect(second.hosted.state).toBe('starting');
      await expect(sendCode(second.kernel, '', { msgId: run })).rejects.toMatchObject({ code: 'alreadySent' });
      // Before it is heard again, what the kernel says goes nowhere.
      await second.events.untilChild(run, 'stream');
      await writeFile(go, '');
      await second.events.until('ready');
      await second.events.untilDone(run);
      expect(second.events.textOf(run)).toMatch(/^(on\n)*later\n$/);
      const order = second.events.all.map((event) =>
        event.type === 'message' ? event.message.header.msg_type : event.type,
      );
      expect(order[0]).toBe('gap');
      expect(order.indexOf('execute_reply')).toBeLessThan(order.indexOf('ready'));
    },
    TIMEOUT,
  );

  test(
    '[X21] a kernel that computes can be interrupted before it has answered, by its run and no other',
    async () => {
      const first = await readyKernel((await newKeeper()).host());
      const run = await sendCode(first.kernel, 'import time\nprint("begun", flush=True)\ntime.sleep(600)');
      await first.events.untilChild(run, 'stream');
      await keeper.kill();
      const second = await attach(keeper.host(), first.kernelId, first.events.seqs.at(-1) ?? 0);
      const isAnswered = (): boolean => second.events.childrenOf(run, 'execute_reply').length > 0;
      await interruptUntil('the interrupt has ended it', second.kernel, run, isAnswered);
      await second.events.until('ready');
      expect(second.events.childrenOf(run, 'execute_reply')[0]?.content['ename']).toBe('KeyboardInterrupt');
    },
    TIMEOUT,
  );

  test(
    '[J12] sees the end of a process that is not its child, and starts the kernel again',
    async () => {
      const first = await readyKernel((await newKeeper()).host());
      const pid = await pidOf(first);
      await keeper.kill();
      const second = await attach(keeper.host(), first.kernelId, first.events.seqs.at(-1) ?? 0);
      await second.events.until('ready');
      process.kill(pid, 'SIGKILL');
      await second.events.until('ready', 2);
      expect(second.events.ofType('restarting')).toHaveLength(1);
      expect(await pidOf(second)).not.toBe(pid);
    },
    TIMEOUT,
  );

  test(
    '[J10] ends a process that is not its child, with all its folder',
    async () => {
      const first = await readyKernel((await newKeeper()).host());
      const pid = await pidOf(first);
      await keeper.kill();
      const host = keeper.host();
      const second = await attach(host, first.kernelId, 0);
      await second.kernel.shutdown();
      expect(isRunning(pid)).toBe(false);
      expect(await host.kernels()).toEqual([]);
      expect(await readdir(join(keeper.dataDir, 'kernels'))).toEqual([]);
    },
    TIMEOUT,
  );
});

describe('what the next keeper does not take over', () => {
  test(
    'a kernel whose process has ended is dead, for a hub to see, to start again, or to shut down',
    async () => {
      const first = await readyKernel((await newKeeper()).host());
      await evaluated(first, 'import os; os.write(2, b"last words")');
      const pid = await pidOf(first);
      await keeper.kill();
      process.kill(pid, 'SIGKILL');
      await waitUntil('its process has ended', () => !isRunning(pid));
      const host = keeper.host();
      const second = await attach(host, first.kernelId, first.events.seqs.at(-1) ?? 0);
      await second.events.until('died');
      expect(second.hosted.state).toBe('dead');
      expect(second.events.ofType('died')[0]?.reason).toContain('while the keeper was away');
      expect(second.events.ofType('died')[0]?.stderr).toContain('last words');
      await second.kernel.restart();
      expect(await evaluated(second, 'print(1)')).toBe('1\n');
    },
    TIMEOUT,
  );

  test(
    'a process that only has the pid of the former kernel is no kernel, and is left in peace',
    async () => {
      const first = await readyKernel((await newKeeper()).host());
      const pid = await pidOf(first);
      const state: unknown = JSON.parse(await readFile(stateOf(first.kernelId), 'utf8'));
      expect(state).toMatchObject({ process: { pid } });
      await keeper.kill();
      process.kill(pid, 'SIGKILL');
      const stranger = spawn('sleep', ['600'], { detached: true });
      strangers.push(stranger);
      const { startedAt } = KernelState.parse(state).process ?? {};
      await changeState(first.kernelId, { process: { pid: stranger.pid, startedAt } });
      const host = keeper.host();
      expect((await host.kernels()).map((kernel) => kernel.state)).toEqual(['dead']);
      await (await attach(host, first.kernelId, 0)).kernel.shutdown();
      expect(stranger.exitCode ?? stranger.signalCode).toBeNull();
      expect(isAlive(stranger.pid ?? 0)).toBe(true);
    },
    TIMEOUT,
  );

  test(
    'a kernel that was told to end is ended, though its keeper was killed before it was done',
    async () => {
      const first = await readyKernel((await newKeeper()).host());
      const pid = await pidOf(first);
      await keeper.kill();
      await changeState(first.kernelId, { ending: true });
      const host = keeper.host();
      await waitUntil('it is forgotten', async () => (await host.kernels()).length === 0);
      expect(isRunning(pid)).toBe(false);
    },
    TIMEOUT,
  );

  test(
    'a folder that it can not read is left as it is, and said',
    async () => {
      await newKeeper();
      const folder = join(keeper.dataDir, 'kernels', 'of-another-time');
      await mkdir(folder, { recursive: true });
      await writeFile(join(folder, 'state.json'), '{"format": 7}');
      expect(await keeper.host().kernels()).toEqual([]);
      expect((await stat(folder)).isDirectory()).toBe(true);
      expect(await keeper.log()).toContain('a kernel was left alone');
    },
    TIMEOUT,
  );

  test(
    'a journal that is lost begins anew, and the host no longer knows all requests',
    async () => {
      const first = await readyKernel((await newKeeper()).host());
      const run = await sendCode(first.kernel, '1');
      await first.events.untilDone(run);
      await keeper.kill();
      await rm(join(keeper.dataDir, 'kernels', first.kernelId, 'requests-sent'));
      const second = await attach(keeper.host(), first.kernelId, 0);
      expect(second.hosted.knowsAllRequests).toBe(false);
      expect(second.hosted.journalId).not.toBe(first.hosted.journalId);
      await second.events.until('ready');
      expect(second.events.all[0]).toMatchObject({ type: 'gap', fromSeq: 0, toSeq: 2 });
      expect(await evaluated(second, 'print(2)')).toBe('2\n');
      await keeper.kill();
      const third = await attach(keeper.host(), first.kernelId, 0);
      expect(third.hosted).toMatchObject({ knowsAllRequests: false, journalId: second.hosted.journalId });
    },
    TIMEOUT,
  );
});
