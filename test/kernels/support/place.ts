/** A kernel of the matrix with a notebook of its own, and a person who is in both. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { HubClient, type Kernel } from '@cokernel/core';
import type { KernelMessage } from '@cokernel/proto/jupyter';
import { makeNotebook, writeNotebook } from '@cokernel/proto/notebook';
import type { HubProcess } from '../../end-to-end/support/hub-process.js';
import type { Scratch } from '../../end-to-end/support/scratch.js';
import { joinNotebook, type NotebookUser } from './notebook-user.js';

/** One kernel with its notebook: what a person there sees, and what its channels say. */
export interface Place {
  readonly user: NotebookUser;
  readonly channels: Kernel;
  /** All that the channels said. */
  readonly said: readonly KernelMessage[];
}

/** Starts the kernel of this name for a notebook of its own. */
export async function enter(scratch: Scratch, hub: HubProcess, served: string, name: string): Promise<Place> {
  const path = `${name}.ipynb`;
  writeFileSync(join(served, path), writeNotebook(makeNotebook([])));
  const user = await joinNotebook(scratch, hub, path);
  await user.room.call('startKernel', { specName: name });
  const { kernel } = await user.sees(`${name} to be ready`, (state) => state.kernel?.status === 'idle');
  if (kernel === null) throw new Error('a kernel that is idle is there');
  const channels = await new HubClient(hub).connectKernel(kernel.kernelId);
  const said: KernelMessage[] = [];
  channels.messages$.subscribe((message) => said.push(message));
  scratch.atEnd(() => channels.close());
  return { user, channels, said };
}
