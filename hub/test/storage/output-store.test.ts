/** The outputs on the disk: the contract, and what becomes of them when power is cut or a file is damaged. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach } from '@jest/globals';
import type { StoreNotice } from '../../src/storage/embedded/notice.js';
import { FileOutputStore } from '../../src/storage/outputs/output-store.js';
import { outputStoreContract } from '../contracts/output-store-contract.js';

let folder: string;
let notices: StoreNotice[];
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cokernel-outputs-'));
  notices = [];
});
afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

async function openStore(): Promise<FileOutputStore> {
  const store = new FileOutputStore({ folder, onNotice: (notice) => notices.push(notice), now: () => new Date() });
  await store.start();
  return store;
}

outputStoreContract(openStore);
