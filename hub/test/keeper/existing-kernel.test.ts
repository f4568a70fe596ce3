/** Kernels that somebody else started, attached by their connection files. */
import { randomUUID } from 'node:crypto';
import { chmod, mkdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { KernelId } from '@cokernel/proto/hub';
import { kernelInfoRequest, messageParts } from '@cokernel/proto/jupyter';
import { Counts } from '../../src/keeper/counts.js';
import type { Connection } from '../../src/keeper/connection-file.js';
import { readExistingConnection } from '../../src/keeper/existing-connection.js';
import { ExistingLife } from '../../src/keeper/existing-life.js';
import type { KernelHost } from '../../src/kernel/kernel-host.js';
import { FakeKernel } from '../frames/fake-kernel.js';
import { adopted, ExistingKernelProcess, isNotThereYet, readyExisting } from '../support/existing-kernel.js';
import { evaluated, KernelEvents, readyKernel, sendCode, sender } from '../support/kernel-events.js';
import { isAlive, TestKeeper } from '../support/keeper.js';
import { scratchFolder, type ScratchFolder } from '../support/scratch-folder.js';
import { waitUntil } from '../support/wait-until.js';

const TIMEOUT = 120_000;
let folder: ScratchFolder;
let keeper: TestKeeper;
const theirs: ExistingKernelProcess[] = [];
const lives: ExistingLife[] = [];

beforeEach(async () => {
  folder = await scratchFolder();
  keeper = await TestKeeper.make();
});

afterEach(async () => {
  await keeper.stop();
  await Promise.all(lives.splice(0).map((life) => life.close()));
  await Promise.all(theirs.splice(0).map((kernel) => kernel.end()));
  await folder.remove();
});

async function theirKernel(transport: 'tcp' | 'ipc' = 'tcp', key?: string): Promise<ExistingKernelProcess> {
  const options = key === undefined ? {} : { key };
  const kernel = await ExistingKernelProcess.start({ folder: folder.path, transport, ...options });
  theirs.push(kernel);
  return kernel;
}

/** Closed after the test at the latest. */
function existingLife(
  connection: Connection,
  options: { readonly heardTimeoutMs: number; readonly wasHeard: boolean },
): ExistingLife {
  const life = new ExistingLife({
    connection,
    ...options,
    routingId: randomUUID(),
    dropped: new Counts(),
    heartbeatMs: 100,
    usageEveryMs: 5_000,
    isWatched: () => false,
    onUsage: () => undefined,
    onMessage: () => undefined,
    onHeartbeat: () => undefined,
    log: () => undefined,
  });
  lives.push(life);
  return life;
}

describe('attaching', () => {
  test.each(['tcp', 'ipc'] as const)(
    '[J14] a kernel that runs already is reached over %s, and a shutdown that was asked for ends it',
    async (transport) => {
      const found = await theirKernel(transport);
      const host = keeper.host();
      const started = await readyExisting(host, found.connectionFile);
      expect(started.hosted).toMatchObject({ origin: 'existing', specName: 'theirs', labels: { fileId: 'f1' } });
      expect(await evaluated(started, 'import os; print(os.getpid())')).toBe(`${String(found.process.pid)}\n`);
      expect(started.events.ofType('sent')).toHaveLength(1);
      await started.kernel.shutdown();
      await waitUntil('it has ended', () => found.hasEnded);
      expect(started.events.ofType('died')[0]?.reason).toBe('it was shut down');
      expect(await host.kernels()).toEqual([]);
    },
    TIMEOUT,
  );

  test(
    '[J14] it is not restarted, neither when asked nor when it dies, and its connection file stays',
    async () => {
      const found = await theirKernel();
      const { kernel, events } = await readyExisting(keeper.host(), found.connectionFile);
      await expect(kernel.restart()).rejects.toMatchObject({
        code: 'badRequest',
        message: expect.stringContaining('restart it there'),
      });
      found.process.kill('SIGKILL');
      await events.until('died');
      expect(events.ofType('died')[0]?.reason).toBe('it ended with nobody listening at its ports');
      expect(events.ofType('restarting')).toEqual([]);
      expect((await stat(found.connectionFile)).isFile()).toBe(true);
    },
    TIMEOUT,
  );

  test(
    '[J14] it outlives the keeper that leaves in peace',
    async () => {
      const found = await theirKernel();
      const host = keeper.host();
      const { events } = await readyExisting(host, found.connectionFile);
      const ours = await readyKernel(host);
      const [pid = 0] = await keeper.pids();
      process.kill(pid, 'SIGTERM');
      await ours.events.until('died');
      await events.until('detached');
      expect(events.ofType('died')).toEqual([]);
      const again = await readyExisting(host, found.connectionFile);
      expect(await evaluated(again, 'print("still here")')).toBe('still here\n');
      expect((await stat(found.connectionFile)).isFile()).toBe(true);
    },
    TIMEOUT,
  );

  test(
    '[J14] one that computes is attached and interrupted, by a message, and is ready when it has done',
    async () => {
      const found = await theirKernel();
      const first = await readyExisting(keeper.host(), found.connectionFile);
      const id = await sendCode(first.kernel, 'import time\nprint("asleep")\ntime.sleep(600)');
      await first.events.untilChild(id, 'stream');
      const other = await TestKeeper.make();
      try {
        const second = await adopted(other.host(), found.connectionFile);
        expect(second.hosted.state).toBe('starting');
        await second.kernel.interrupt();
        await first.events.untilDone(id);
        await second.events.until('ready');
        expect(second.events.messages.map(({ header }) => header.msg_type)).toContain('interrupt_reply');
        await expect(evaluated(second, 'print(2)')).resolves.toBe('2\n');
      } finally {
        await other.stop();
      }
      expect(found.hasEnded).toBe(false);
    },
    TIMEOUT,
  );

  test(
    '[J14] silence is not death: a kernel that was stopped is told of, and goes on',
    async () => {
      const found = await theirKernel();
      const started = await readyExisting(keeper.host(), found.connectionFile);
      found.process.kill('SIGSTOP');
      await started.events.until('heartbeat');
      found.process.kill('SIGCONT');
      await started.events.until('heartbeat', 2);
      expect(started.events.ofType('heartbeat').map(({ beating }) => beating)).toEqual([false, true]);
      await expect(evaluated(started, 'print("on")')).resolves.toBe('on\n');
      expect(started.events.ofType('died')).toEqual([]);
    },
    TIMEOUT,
  );
});

describe('the next keeper', () => {
  const killKeeper = async () => {
    const pid = (await keeper.pids()).at(-1) ?? 0;
    process.kill(pid, 'SIGKILL');
    await waitUntil('the keeper has gone', () => !isAlive(pid));
  };

  const attachedAgain = async (host: KernelHost, kernelId: KernelId) => {
    const events = new KernelEvents();
    return { kernelId, events, ...(await host.attach(kernelId, { fromSeq: 0, fence: 2 }, events.listener)) };
  };

  test(
    '[J14] goes on with it when the former was killed, and tells of the gap',
    async () => {
      const found = await theirKernel();
      const host = keeper.host();
      const first = await readyExisting(host, found.connectionFile);
      await evaluated(first, 'x = 5');
      await killKeeper();
      const again = await attachedAgain(host, first.kernelId);
      expect(again.hosted).toMatchObject({ origin: 'existing', knowsAllRequests: true });
      await again.events.until('ready', 2);
      expect(again.events.ofType('gap')).toHaveLength(1);
      expect(await evaluated(again, 'print(x)')).toBe('5\n');
      await expect(again.kernel.restart()).rejects.toMatchObject({ code: 'badRequest' });
      expect((await stat(found.connectionFile)).isFile()).toBe(true);
    },
    TIMEOUT,
  );

  test(
    '[J14] finds it dead when it ended meanwhile',
    async () => {
      const found = await theirKernel();
      const host = keeper.host();
      const first = await readyExisting(host, found.connectionFile);
      await killKeeper();
      await found.end();
      const again = await attachedAgain(host, first.kernelId);
      await again.events.until('died');
      expect(again.events.ofType('died')[0]?.reason).toContain('nobody listens at');
      await again.kernel.shutdown();
      expect(await host.kernels()).toEqual([]);
    },
    TIMEOUT,
  );

  test(
    '[J14] takes the heartbeat of one that it knows for its life',
    async () => {
      const fake = new FakeKernel();
      const connectionFile = join(folder.path, 'fake.json');
      await fake.start(connectionFile);
      fake.isSilent = true;
      const { connection } = await readExistingConnection(connectionFile);
      const lifeOf = (wasHeard: boolean) => existingLife(connection, { heardTimeoutMs: 1_000, wasHeard });
      try {
        await expect(lifeOf(false).launch()).rejects.toThrow('but its heartbeat');
        await lifeOf(true).launch();
      } finally {
        await Promise.all(lives.splice(0).map((life) => life.close()));
        await fake.stop();
      }
    },
    TIMEOUT,
  );
});

describe('refusals', () => {
  test(
    '[J14] what can not be reached is refused with the reason, and leaves nothing behind',
    async () => {
      const host = keeper.host();
      const found = await theirKernel('tcp', 'right');
      const first = await readyExisting(host, found.connectionFile);
      const adopt = (connectionFile: string) =>
        host.adoptExisting({ kernelId: KernelId.parse(randomUUID()), connectionFile, labels: {}, fence: 1 });
      await expect(adopt(found.connectionFile)).rejects.toMatchObject({
        code: 'kernelExists',
        message: expect.stringContaining(first.kernelId),
      });
      await first.kernel.shutdown();
      await expect(adopt(found.connectionFile)).rejects.toMatchObject({
        code: 'launchFailed',
        message: expect.stringContaining('nobody listens at tcp://127.0.0.1:'),
      });
      expect(await host.kernels()).toEqual([]);
    },
    TIMEOUT,
  );

  test(
    '[J14] a wrong key is told apart from silence, and from a kernel that speaks to others',
    async () => {
      const found = await theirKernel('tcp', 'right');
      const { connection } = await readExistingConnection(found.connectionFile);
      const lifeWith = (key: string, heardTimeoutMs: number) =>
        existingLife({ ...connection, key }, { heardTimeoutMs, wasHeard: false });
      const right = lifeWith('right', 30_000);
      await waitUntil('it listens', () => right.launch().then(() => true, isNotThereYet));
      await right.started();
      await expect(lifeWith('wrong', 2_000).launch()).rejects.toThrow('the key of the file');
      const unheard = lifeWith('wrong', 2_000).launch().catch(String);
      const speaking = waitUntil('the other was judged', async () => {
        await right.send('shell', messageParts(kernelInfoRequest(sender())));
        return Promise.race([unheard.then(() => true), setImmediate(false)]);
      });
      expect(await unheard).toContain('is not signed with the key of the file');
      await speaking;
    },
    TIMEOUT,
  );

  describe('a bad connection file', () => {
    const good = {
      ip: '127.0.0.1',
      shell_port: 1,
      control_port: 2,
      iopub_port: 3,
      stdin_port: 4,
      hb_port: 5,
      key: 'k',
    };
    const written = async (content: unknown): Promise<string> => {
      const path = join(folder.path, 'kernel.json');
      await writeFile(path, typeof content === 'string' ? content : JSON.stringify(content));
      return path;
    };

    test('[J14] a good one is read, with what may be missing', async () => {
      const read = await readExistingConnection(await written({ ...good, ip: '*' }));
      expect(read.specName).toBe('existing');
      expect(read.connection).toMatchObject({ transport: 'tcp', ip: '127.0.0.1', heartbeatPort: 5, key: 'k' });
      const unsigned = { ...good, key: '', signature_scheme: '', kernel_name: 'r' };
      expect(await readExistingConnection(await written(unsigned))).toMatchObject({
        specName: 'r',
        connection: { key: '' },
      });
    });

    test.each([
      ['not JSON', '{', 'it is not JSON'],
      ['no object', '[]', 'it is not a JSON object'],
      [
        'without ports',
        { ...good, shell_port: undefined, hb_port: undefined },
        'shell_port is missing, hb_port is missing',
      ],
      ['with a port that is none', { ...good, stdin_port: 0 }, 'stdin_port: '],
      ['with a text for a port', { ...good, stdin_port: '4' }, 'stdin_port: '],
      ['of another transport', { ...good, transport: 'pgm' }, 'transport: '],
      ['with another signature', { ...good, signature_scheme: 'hmac-md5' }, 'signature_scheme is hmac-md5'],
      ['encrypted', { ...good, curve_publickey: 'x' }, 'curve_publickey is set'],
      ['with sockets nobody can find', { ...good, transport: 'ipc', ip: 'kernel' }, 'ip must be an absolute path'],
      ['far too large', ' '.repeat(100_000), 'it is too large'],
    ])('[J14] %s is refused by file and field', async (_what, content, reason) => {
      const path = await written(content);
      const message = expect.stringContaining(`the connection file ${path} can't be used: ${reason}`);
      await expect(readExistingConnection(path)).rejects.toMatchObject({ code: 'badRequest', message });
    });

    test('[J14] one that is missing, a folder, unreadable, or named without its place is refused', async () => {
      const missing = join(folder.path, 'none.json');
      await expect(readExistingConnection(missing)).rejects.toThrow(`${missing} can't be used: it is not there`);
      await expect(readExistingConnection('kernel.json')).rejects.toThrow('must be absolute');
      const inside = join(folder.path, 'folder');
      await mkdir(inside);
      await expect(readExistingConnection(inside)).rejects.toThrow('it is not a file');
      await expect(readExistingConnection('/dev/zero')).rejects.toThrow('it is not a file');
      const path = await written(good);
      await chmod(path, 0);
      // The superuser may read everything.
      if (process.getuid?.() !== 0) await expect(readExistingConnection(path)).rejects.toThrow('may not be read');
    });
  });
});
