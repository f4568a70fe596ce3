/** A host whose kernels start and say nothing but what a test has them say. */
import type { AttachOptions, HostedKernel, KernelHost, KernelHostEvent } from '../../src/kernel/kernel-host.js';

type Attached = (options: AttachOptions, tell: (event: KernelHostEvent) => void) => void;

export function silentHost(attached: Attached = () => undefined): KernelHost {
  const done = (): Promise<void> => Promise.resolve();
  const spec = { name: 's', displayName: 'S', language: 'l', argv: [], env: {}, metadata: {}, resourceDir: '' };
  const hostedOf = (kernelId: HostedKernel['kernelId']): HostedKernel => {
    const facts = { specName: 's', state: 'starting', labels: {}, lastSeq: 0, journalId: 'j' } as const;
    return { kernelId, ...facts, knowsAllRequests: true, origin: 'started', kernelInfo: null };
  };
  return {
    kernelSpecs: () => Promise.resolve([{ ...spec, interruptMode: 'signal' }]),
    kernels: () => Promise.resolve([]),
    start: ({ kernelId }) => Promise.resolve(hostedOf(kernelId)),
    adoptExisting: () => Promise.reject(new Error('there are none')),
    attach: (kernelId, options, listener) => {
      const kernel = { kernelId, send: done, interrupt: done, restart: done, shutdown: done, detach: () => undefined };
      attached(options, listener);
      return Promise.resolve({ hosted: hostedOf(kernelId), kernel });
    },
    close: done,
  };
}
