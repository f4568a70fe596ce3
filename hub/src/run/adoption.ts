/**
 * Taking over the kernels that an earlier hub left running. A kernel whose queue or lease is out of reach is tried again
 * until it is taken over: to go on without it would end its run as lost. Who would judge by the kernels that are there
 * waits for `settled`. What the host does not have when it is asked is gone.
 */
import type { KernelId } from '@cokernel/proto/hub';
import type { HostedKernel, KernelHost } from '../kernel/kernel-host.js';
import { messageOf } from '../errors.js';
import type { SessionLog } from './kernel-session-options.js';
import { QueueUnavailable } from './run-queue.js';

export interface AdoptionOptions {
  readonly host: Pick<KernelHost, 'kernels'>;
  /** All of it or nothing: what rejects can be tried again. */
  readonly takeOver: (hosted: HostedKernel, cwd: string) => Promise<void>;
  /** Ends what belongs to kernels that are gone; what rejects with `QueueUnavailable` is tried again. */
  readonly endGone: (hosted: ReadonlySet<KernelId>) => Promise<void>;
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
  private complete = false;
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

  /** Whether each kernel that the host has is taken over: a run that none of them knows has nobody. */
  get isComplete(): boolean {
    return this.complete;
  }

  /** Tries nothing again. Can be called twice. */
  stop(): void {
    this.stopped = true;
    if (this.timer !== null) clearTimeout(this.timer);
  }

  private async try(estate: Estate, isWanted: (hosted: HostedKernel) => boolean): Promise<void> {
    const all = await this.options.host.kernels();
    const wanted = all.filter((hosted) => estate.isOurs(hosted.labels) && isWanted(hosted));
    const left = await this.takeOverAll(estate, wanted);
    this.unavailable = left.unavailable ?? (await this.endGone(all));
    this.complete = this.unavailable === null && left.kernelIds.size === 0;
    if (this.unavailable === null || this.stopped) return;
    this.tryLater(estate, left.kernelIds);
  }

  /** Those that are not taken over; `unavailable`: they can be tried again. */
  private async takeOverAll(estate: Estate, wanted: readonly HostedKernel[]) {
    const kernelIds = new Set<string>();
    let unavailable: QueueUnavailable | null = null;
    for (const hosted of wanted) {
      const { kernelId } = hosted;
      try {
        await this.options.takeOver(hosted, estate.cwdOf(hosted));
      } catch (error) {
        this.options.log.warn({ kernelId, error: messageOf(error) }, 'a kernel could not be taken over');
        kernelIds.add(kernelId);
        if (error instanceof QueueUnavailable) unavailable = error;
      }
    }
    return { kernelIds, unavailable };
  }

  private async endGone(all: readonly HostedKernel[]): Promise<QueueUnavailable | null> {
    try {
      await this.options.endGone(new Set(all.map(({ kernelId }) => kernelId)));
      return null;
    } catch (error) {
      this.options.log.warn({ error: messageOf(error) }, 'what belonged to lost kernels could not be ended');
      return error instanceof QueueUnavailable ? error : null;
    }
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
