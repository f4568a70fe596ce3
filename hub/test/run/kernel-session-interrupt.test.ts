/** An interrupt on its way to the host, which alone knows what the kernel works on when it arrives. */
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import path from 'node:path';
import { pino } from 'pino';
import type { AttachedKernel, HostedKernel, KernelHost, KernelHostEvent } from '../../src/kernel/kernel-host.js';
import type { EmbeddedStore } from '../../src/storage/embedded/open-embedded-store.js';
import { openEmbeddedStore } from '../../src/storage/embedded/open-embedded-store.js';
import { says } from '../support/kernel-messages.js';
import { kernelSessionsOver } from '../support/kernel-sessions.js';
import { newRequestId, queuedRun } from '../support/queued-run.js';
import { scratchFolder, type ScratchFolder } from '../support/scratch-folder.js';
import { waitUntil } from '../support/wait-until.js';

const log = pino({ level: 'silent' });
const spec = {
  name: 'plain',
  displayName: 'Plain',
  language: 'python',
  argv: [],
  env: {},
  metadata: {},
  resourceDir: '/',
};
const kernelInfo = { protocol_version: '5.3', implementation: 'i', banner: '', language_info: { name: 'python' } };

/** A host whose one kernel says what the test says, and notes what it is asked. */
class SaidHost implements KernelHost {
  readonly sent: string[] = [];
  readonly interrupted: (string | undefined)[] = [];
  private listener: (event: KernelHostEvent) => void = () => undefined;
  private seq = 0;

  tell(
    event: { readonly type: 'ready' } | { readonly type: 'message'; readonly message: ReturnType<typeof says.busy> },
  ): void {
    this.seq += 1;
    this.listener(event.type === 'ready' ? { ...event, seq: this.seq, kernelInfo } : { ...event, seq: this.seq });
  }

  kernelSpecs = () => Promise.resolve([{ ...spec, interruptMode: 'signal' as const }]);
  kernels = () => Promise.resolve([]);
  adoptExisting = () => Promise.reject(new Error('not here'));
  close = () => Promise.resolve();
  start = (options: Parameters<KernelHost['start']>[0]) => Promise.resolve(hostedOf(options.kernelId));

  attach: KernelHost['attach'] = (kernelId, _options, listener) => {
    this.listener = listener;
    const kernel: AttachedKernel = {
      kernelId,
      send: (message) => {
        this.sent.push(message.header.msg_id);
        return Promise.resolve();
      },
      interrupt: (msgId) => {
        this.interrupted.push(msgId);
        return Promise.resolve();
      },
      restart: () => Promise.resolve(),
      shutdown: () => Promise.resolve(),
      detach: () => undefined,
    };
    return Promise.resolve({ hosted: hostedOf(kernelId), kernel });
  };
}

function hostedOf(kernelId: HostedKernel['kernelId']): HostedKernel {
  const rest = { lastSeq: 0, journalId: 'j', knowsAllRequests: true, origin: 'started', kernelInfo: null } as const;
  return { kernelId, specName: 'plain', state: 'starting', labels: {}, ...rest };
}

let scratch: ScratchFolder;
let store: EmbeddedStore;

beforeEach(async () => {
  scratch = await scratchFolder();
  store = await openEmbeddedStore({ directory: path.join(scratch.path, 'store'), onNotice: () => undefined, log });
});

afterEach(async () => {
  await store.close();
  await scratch.remove();
});

test('[X21] an interrupt names its run to the host, and waits until the kernel has begun with it', async () => {
  const host = new SaidHost();
  const sessions = kernelSessionsOver(store, { host });
  const session = await sessions.start({ specName: 'plain', cwd: '/', labels: {} });
  host.tell({ type: 'ready' });
  const run = queuedRun({ runId: 'r1', cell: null });
  await store.runQueue.enqueue(session.kernelId, newRequestId(), [run]);
  await waitUntil('it is sent', () => host.sent.includes('r1'));
  expect(await session.interrupt(run.view.runId)).toBe('r1');
  expect(host.interrupted).toEqual([]);
  host.tell({ type: 'message', message: says.busy('r1') });
  expect(host.interrupted).toEqual(['r1']);
  await session.interrupt();
  expect(host.interrupted).toEqual(['r1', 'r1']);
  await sessions.close();
});
