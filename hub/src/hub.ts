/** A hub that serves its folder alone: its parts, started in order and stopped in reverse. */
import { closeAll } from './closers.js';
import type { Closers } from './closers.js';
import type { HubConfig, KernelsAtStop } from './config.js';
import { StartError } from './errors.js';
import { openDoor } from './hub-door.js';
import { endKernels } from './hub-kernels.js';
import type { HubOptions } from './hub-options.js';
import { buildParts } from './hub-parts.js';
import type { Parts } from './hub-parts.js';
import type { EndingRun } from './run/ending-runs.js';
import type { RunningHub, StartOutcome } from './running-hub.js';
import { acquireFolderLock, folderLockHolder } from './storage/embedded/folder-lock.js';
import { isServedByMany } from './storage/sign-of-life.js';

export class Hub implements RunningHub {
  private constructor(
    private readonly options: HubOptions,
    private readonly parts: Parts,
    private readonly closers: Closers,
    readonly url: string,
  ) {}

  /** Starts a hub, unless another one serves the folder. Throws `StartError`. */
  static async start(options: HubOptions): Promise<StartOutcome> {
    const locked = await acquireFolderLock(options.config.storeDirectory, { url: null });
    if (locked.outcome === 'held') return { outcome: 'servedAlready', ...locked.holder };
    const { lock } = locked;
    const closers: Closers = [() => lock.release()];
    try {
      await refuseBesideMany(options);
      const parts = await buildParts(options, closers, null);
      const { url } = await openDoor(options, { serving: () => parts.serving, peers: null }, closers);
      await lock.update({ pid: process.pid, url });
      return { outcome: 'started', hub: new Hub(options, parts, closers, url) };
    } catch (error) {
      await closeAll(closers, options.log);
      throw error;
    }
  }

  endingRuns(): Promise<readonly EndingRun[]> {
    return this.parts.endingRuns();
  }

  get kernelCount(): number {
    return this.parts.sessions.list().length;
  }

  async stop(kernels: KernelsAtStop): Promise<void> {
    const { sessions, readiness } = this.parts;
    const { log } = this.options;
    readiness.stops();
    if (kernels === 'stop') await endKernels(sessions, log);
    await closeAll(this.closers, log);
  }
}

/** Throws `StartError` when many hubs serve the folder as one. */
async function refuseBesideMany({ config: { folder }, say }: HubOptions): Promise<void> {
  const onWait = (seconds: number): void =>
    say(`Other hubs served ${folder} a moment ago: looks for ${String(seconds)} seconds whether they still do.`);
  if (!(await isServedByMany(folder, onWait))) return;
  throw new StartError(
    `hubs that are one (COKERNEL_PEER_ADDRESS) serve '${folder}' now, and this one would write its notebooks beside them. ` +
      `Use one of them; or end them all first; or let this hub be one of them, by COKERNEL_PEER_ADDRESS, REDIS_URL and ` +
      `COKERNEL_TOKEN. (They touch '.cokernel-folder' there each second.)`,
  );
}

/** The hub that serves this folder alone; null: none does. */
export function servedAlone({ storeDirectory }: HubConfig): ReturnType<typeof folderLockHolder> {
  return folderLockHolder(storeDirectory);
}
