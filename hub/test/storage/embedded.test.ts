/** The embedded store keeps the contracts of the ports that it implements. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe } from '@jest/globals';
import { pino } from 'pino';
import { type EmbeddedStore, openEmbeddedStore } from '../../src/storage/embedded/open-embedded-store.js';
import { leaseContract } from '../contracts/lease-contract.js';
import { queueRulesContract } from '../contracts/queue-rules-contract.js';
import { runQueueContract } from '../contracts/run-queue-contract.js';
import { runQueueModel } from '../contracts/run-queue-model.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cokernel-embedded-'));
});
afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

function openStoreIn(name: string): () => Promise<EmbeddedStore> {
  return () =>
    openEmbeddedStore({
      directory: join(folder, name),
      onNotice: (notice) => {
        throw new Error(`unexpected notice: ${notice.message}`);
      },
      log: pino({ level: 'silent' }),
    });
}

describe('the run queue in LMDB', () => {
  runQueueContract(openStoreIn('queue'));
});

describe('the rules of a run queue in LMDB', () => {
  queueRulesContract(openStoreIn('rules'));
});

describe('the leases in LMDB', () => {
  leaseContract(openStoreIn('leases'));
});

describe('the run queue in LMDB against the model', () => {
  runQueueModel(openStoreIn('model'));
});
