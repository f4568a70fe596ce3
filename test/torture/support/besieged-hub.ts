/**
 * A hub that is killed and started again, always with the same port, token, folder and data, and what it leaves running.
 * All of it is found and killed from outside.
 */
import type { HubAddress } from '@cokernel/core';
import { freePort } from '../../end-to-end/support/free-port.js';
import { startHub, type HubOptions, type HubProcess } from '../../end-to-end/support/hub-process.js';
import { processesOf } from '../../end-to-end/support/processes.js';
import type { Scratch } from '../../end-to-end/support/scratch.js';
import { until } from '../../end-to-end/support/until.js';

export type BesiegedOptions = Omit<HubOptions, 'port' | 'log'>;

export class BesiegedHub {
  private constructor(
    private readonly scratch: Scratch,
    private readonly options: HubOptions,
    private hub: HubProcess,
  ) {}

  static async start(scratch: Scratch, besieged: BesiegedOptions): Promise<BesiegedHub> {
    const options = { ...besieged, port: await freePort(), log: `${scratch.folder}/hub.log` };
    return new BesiegedHub(scratch, options, await startHub(scratch, options));
  }

  get address(): HubAddress {
    return { url: this.hub.url, token: this.hub.token };
  }

  get pid(): number {
    return this.hub.pid;
  }

  /** Resolves when it is gone. */
  async kill(signal: 'SIGKILL' | 'SIGTERM'): Promise<void> {
    await this.hub.kill(signal);
  }

  /** Resolves when the next one has said where it is. */
  async startAgain(): Promise<void> {
    this.hub = await startHub(this.scratch, this.options);
  }

  /** The keeper's pid; waits until there is one. */
  async keeperPid(): Promise<number> {
    const { pid } = await until('a keeper to be there', () => this.keepers().at(-1));
    return pid;
  }

  /** Kills the keeper with SIGKILL and resolves when it is gone. */
  async killKeeper(): Promise<void> {
    const pid = await this.keeperPid();
    process.kill(pid, 'SIGKILL');
    await until('the keeper to be gone', () => this.keepers().every((keeper) => keeper.pid !== pid));
  }

  private keepers(): readonly { readonly pid: number }[] {
    return processesOf(this.scratch.folder).filter(({ command }) => /keeper\.js .*--data-dir/.test(command));
  }
}
