/**
 * Taking over the kernels that an earlier hub left running. A kernel whose queue or lease is out of reach is tried again
 * until it is taken over: to go on without it would end its run as lost. Who would judge by the kernels that are there
 * waits for `settled`.
 */
import type { HostedKernel, KernelHost } from '../kernel/kernel-host.js';
import { messageOf } from '../errors.js';
import type { SessionLog } from './kernel-session-options.js';
import { QueueUnavailable } from './run-queue.js';

export interface AdoptionOptions {
  readonly host: Pick<KernelHost, 'kernels'>;
  /** All of it or nothing: what rejects can be tried again. */
  readonly takeOver: (hosted: HostedKernel, cwd: string) => Promise<void>;
  readonly log: SessionLog;
}

/** Whose kernels, and where they work. */
export interface Estate {
  readonly isOurs: (labels: Readonly<Record<string, string>>) => boolean;
  readonly cwdOf: (hosted: HostedKernel) => string;
}

const AGAIN_AFTER_MS = 300;

export class Adoption {
  private trying: Promise<void> = Promise.resolve();
  private unavailable: QueueUnavailable | null = null;
  private timer: NodeJS.Timeout | null = null;
  private stopped = false;

  constructor(private readonly options: AdoptionOptions) {}

  /** Resolves after the first try; rejects when the host can't say which kernels there are. */
  begin(estate: Estate): Promise<void> {
    const first = this.try(estate, () => true);
    this.trying = first.catch(() => undefined);
    return first;
  }

  /** Resolves when no kernel waits to be taken over; rejects with `QueueUnavailable` as long as one does. */
  async settled(): Promise<void> {
    await this.trying;
    if (this.unavailable !== null) throw this.unavailable;
  }

  /** Tries nothing again. Can be called twice. */
  stop(): void {
    this.stopped = true;
    if (this.timer !== null) clearTimeout(this.timer);
  }

  private async try(estate: Estate, isWanted: (hosted: HostedKernel) => boolean): Promise<void> {
    const left = new Set<string>();
    let unavailable: QueueUnavailable | null = null;
    for (const hosted of await this.options.host.kernels()) {
      if (!estate.isOurs(hosted.labels) || !isWanted(hosted)) continue;
      try {
        await this.options.takeOver(hosted, estate.cwdOf(hosted));
      } catch (error) {
        const { kernelId } = hosted;
        this.options.log.warn({ kernelId, error: messageOf(error) }, 'a kernel could not be taken over');
        if (!(error instanceof QueueUnavailable)) continue;
        unavailable = error;
        left.add(kernelId);
      }
    }
    this.unavailable = unavailable;
    if (unavailable !== null && !this.stopped) this.tryLater(estate, left);
  }

  private tryLater(estate: Estate, left: ReadonlySet<string>): void {
    this.timer = setTimeout(() => {
      this.trying = this.try(estate, ({ kernelId }) => left.has(kernelId)).catch((error: unknown) => {
        this.options.log.warn({ error: messageOf(error) }, 'kernels could not be looked for');
        if (!this.stopped) this.tryLater(estate, left);
      });
    }, AGAIN_AFTER_MS);
  }
}
