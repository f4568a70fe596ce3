/** The kernel sessions of a hub of its own over a real store; what a test does not care for does nothing. */
import { randomUUID } from 'node:crypto';
import { pino } from 'pino';
import type { HubId } from '@cokernel/proto/hub';
import { KernelSessions, type KernelSessionsOptions } from '../../src/run/kernel-sessions.js';
import { Transcripts } from '../../src/run/transcripts.js';
import type { EmbeddedStore } from '../../src/storage/embedded/open-embedded-store.js';
import { MemoryOutputs } from './memory-outputs.js';
import { newHubId } from './queued-run.js';

type SessionsOfATest = Pick<KernelSessionsOptions, 'host'> &
  Partial<Omit<KernelSessionsOptions, 'lease'>> & {
    /** The hub that two of them are, one after the other. */
    readonly owner?: HubId;
  };

export function kernelSessionsOver(
  store: EmbeddedStore,
  { owner = newHubId(), ...options }: SessionsOfATest,
): KernelSessions {
  return new KernelSessions({
    queue: store.runQueue,
    lease: {
      leases: store.leases,
      owner,
      leaseMs: 10_000,
      now: () => performance.now(),
      onWarning: () => undefined,
    },
    transcripts: new Transcripts(store.transcripts),
    outputs: new MemoryOutputs(),
    cellOutputs: () => Promise.reject(new Error('there are no cells here')),
    onKernelSpecsChanged: () => undefined,
    limits: { perHub: null, perPerson: null },
    notebooksOf: () => [],
    onExited: () => Promise.resolve(),
    onEndedUnseen: () => Promise.resolve(),
    onHosted: () => Promise.resolve(),
    newId: () => randomUUID(),
    clock: () => new Date(),
    log: pino({ level: 'silent' }),
    ...options,
  });
}
