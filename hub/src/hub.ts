/** One hub: its parts, started in order and stopped in reverse. */
import type { Logger } from 'pino';
import { announce } from './announcement.js';
import { closeAll } from './closers.js';
import type { Closers } from './closers.js';
import type { KernelsAtStop } from './config.js';
import { messageOf } from './errors.js';
import { Gateway } from './gateway/gateway.js';
import type { OwnServing } from './gateway/own-serving.js';
import { startedHere } from './hub-kernels.js';
import type { HubOptions } from './hub-options.js';
import { buildParts } from './hub-parts.js';
import type { Readiness } from './readiness.js';
import type { EndingRun } from './run/ending-runs.js';
import type { KernelSession } from './run/kernel-session.js';
import type { KernelSessions } from './run/kernel-sessions.js';
import { acquireFolderLock } from './storage/embedded/folder-lock.js';

export type StartOutcome =
  | { readonly outcome: 'started'; readonly hub: Hub }
  /** `url` null: that hub is just starting. */
  | { readonly outcome: 'servedAlready'; readonly pid: number; readonly url: string | null };

export class Hub {
  private constructor(
    private readonly parts: {
      readonly sessions: KernelSessions;
      readonly readiness: Readiness;
      readonly endingRuns: () => Promise<readonly EndingRun[]>;
      readonly closers: readonly (() => Promise<unknown>)[];
      readonly log: Logger;
    },
    /** With the token. */
    readonly url: string,
  ) {}

  /** Starts a hub, unless another one serves the folder. Throws `StartError`. */
  static async start(options: HubOptions): Promise<StartOutcome> {
    const { config, log } = options;
    const locked = await acquireFolderLock(config.storeDirectory, { url: null });
    if (locked.outcome === 'held') return { outcome: 'servedAlready', ...locked.holder };
    const closers: Closers = [() => locked.lock.release()];
    try {
      const parts = await buildParts(options, closers);
      const gateway = gatewayOf(options, parts.serving);
      const port = await gateway.listen(config.host, config.port);
      closers.push(() => gateway.close());
      const address = `http://${urlHost(config.host)}:${String(port)}`;
      const { dataDirectory, token, folder } = config;
      closers.push(await announce(dataDirectory, { url: address, token, folder }));
      const url = `${address}/?token=${config.token}`;
      await locked.lock.update({ pid: process.pid, url });
      return { outcome: 'started', hub: new Hub({ ...parts, closers, log }, url) };
    } catch (error) {
      await closeAll(closers, log);
      throw error;
    }
  }

  /** The runs that a stop with its kernels would end. */
  endingRuns(): Promise<readonly EndingRun[]> {
    return this.parts.endingRuns();
  }

  /** How many kernels the next hub would find. */
  get kernelCount(): number {
    return this.parts.sessions.list().length;
  }

  /** Ends everything in reverse order, with the kernels that were started here when told so. Can be called twice. */
  async stop(kernels: KernelsAtStop): Promise<void> {
    const { sessions, readiness, closers, log } = this.parts;
    readiness.stops();
    if (kernels === 'stop') {
      await Promise.all(startedHere(sessions).map((session) => endAtStop(sessions, session, log)));
    }
    await closeAll(closers, log);
  }
}

function gatewayOf({ config, version, webDirectory, log }: HubOptions, serving: OwnServing): Gateway {
  const { token, metricsToken } = config;
  return new Gateway({ token, metricsToken, version, webDirectory, serving: () => serving, peers: null, log });
}

/** Ends the kernel's process also when the queue's store is out of reach: the next hub finds its run lost. */
async function endAtStop(sessions: KernelSessions, session: KernelSession, log: Logger): Promise<void> {
  const warn = (error: unknown): void => {
    log.warn({ error: messageOf(error), kernelId: session.kernelId }, 'a kernel did not end cleanly');
  };
  try {
    await sessions.shutdown(session, 'the hub was stopped');
  } catch (error) {
    warn(error);
    await session.shutdown().catch(warn);
  }
}

/** The address to open: an address for everybody is reached by loopback here. */
function urlHost(host: string): string {
  if (host === '0.0.0.0' || host === '::') return '127.0.0.1';
  return host.includes(':') ? `[${host}]` : host;
}
