/**
 * Taking over the kernels that an earlier hub left running. A host that can't say which there are is asked again until it
 * does; a kernel whose host, queue or lease is out of reach is tried again until it is taken over: to go on without it would
 * end its run as lost. Who would judge by the kernels that are there waits for `settled`, who would start one in place of
 * another for `finished`. What the host does not have when it answers is gone.
 */
import type { KernelId } from '@cokernel/proto/hub';
import type { HostedKernel, KernelHost } from '../kernel/kernel-host.js';
import { KernelHostError } from '../kernel/kernel-host.js';
import { messageOf } from '../errors.js';
import { asRefusal } from './host-refusal.js';
import type { SessionLog } from './kernel-session-options.js';
import { QueueUnavailable } from './run-queue.js';

export interface AdoptionOptions {
  readonly host: Pick<KernelHost, 'kernels'>;
  /** This hub has opened it itself since. */
  readonly isOwn: (kernelId: KernelId) => boolean;
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

/** A queue is soon back; a host that is away costs a question each time, and is asked at once when somebody needs it. */
const AGAIN_AFTER_MS = { first: 300, most: 10_000 };

export class Adoption {
  private trying: Promise<void> = Promise.resolve();
  private takingOver: Promise<void> = Promise.resolve();
  private isTrying = false;
  /** Those that are still to be taken over; all, before the host has said which there are. */
  private left: ReadonlySet<KernelId> | 'all' = 'all';
  /** What stood in the way at the last try. */
  private obstacle: Error | null = null;
  /** Each kernel that was to be taken over is. */
  private isWhole = false;
  private againMs = AGAIN_AFTER_MS.first;
  private timer: NodeJS.Timeout | null = null;
  /** Null while a try is under way, and when none is needed. */
  private tryNow: (() => void) | null = null;
  private stopped = false;

  constructor(private readonly options: AdoptionOptions) {}

  /** Resolves after the first try; rejects when the host can't say which kernels there are: it is asked again. */
  async begin(estate: Estate): Promise<void> {
    this.trying = this.try(estate);
    await this.trying;
    if (this.obstacle !== null && this.left === 'all') throw this.obstacle;
  }

  /** Resolves when no kernel that the host has told of waits to be taken over; rejects with `QueueUnavailable` as long as one does. */
  async settled(): Promise<void> {
    await this.takingOver;
    if (this.obstacle instanceof QueueUnavailable) throw this.obstacle;
  }

  /**
   * Resolves when all is taken over, tried now rather than later. Throws what is in the way: `Refusal` (kernelFailed),
   * `QueueUnavailable`.
   */
  async finished(): Promise<void> {
    this.tryNow?.();
    await this.trying;
    if (this.obstacle === null) return;
    throw this.obstacle instanceof QueueUnavailable ? this.obstacle : asRefusal(this.obstacle);
  }

  /** Something is still to be taken over, or the host was not heard yet: what is not here may run on all the same. */
  get isPending(): boolean {
    return this.isTrying || this.obstacle !== null;
  }

  /** Whether each kernel that the host has is taken over: a run that none of them knows has nobody. */
  get isComplete(): boolean {
    return this.isWhole && !this.isPending;
  }

  /** Tries nothing again. Can be called twice. */
  stop(): void {
    this.stopped = true;
    if (this.timer !== null) clearTimeout(this.timer);
    this.tryNow = null;
  }

  /** Never rejects. */
  private try(estate: Estate): Promise<void> {
    this.isTrying = true;
    return this.ask().then((all) => {
      if (all instanceof Error) return this.tried(estate, all);
      this.takingOver = this.takeAndEnd(estate, all).then((obstacle) => this.tried(estate, obstacle));
      return this.takingOver;
    });
  }

  private tried(estate: Estate, obstacle: Error | null): void {
    if (obstacle === null && this.obstacle !== null)
      this.options.log.info({}, 'kernels that were out of reach are found');
    this.isTrying = false;
    this.obstacle = obstacle;
    if (obstacle !== null && !this.stopped) this.tryLater(estate, obstacle);
  }

  private async ask(): Promise<readonly HostedKernel[] | Error> {
    try {
      const all = await this.options.host.kernels();
      return this.stopped ? leaving() : all;
    } catch (error) {
      if (this.stopped) return leaving();
      this.options.log.warn({ error: messageOf(error) }, 'kernels could not be looked for');
      return asError(error);
    }
  }

  /** What stands in the way of the rest. */
  private async takeAndEnd(estate: Estate, all: readonly HostedKernel[]): Promise<Error | null> {
    return (await this.takeOverAll(estate, all)) ?? (await this.endGone(all));
  }

  private async takeOverAll(estate: Estate, all: readonly HostedKernel[]): Promise<Error | null> {
    const { left } = this;
    const isWanted = ({ kernelId, labels }: HostedKernel): boolean =>
      estate.isOurs(labels) && !this.options.isOwn(kernelId) && (left === 'all' || left.has(kernelId));
    const again = new Set<KernelId>();
    let obstacle: Error | null = null;
    this.isWhole = left === 'all' || this.isWhole;
    for (const hosted of all.filter(isWanted)) {
      const error = await this.takeOver(hosted, estate);
      if (error === null) continue;
      if (!isTemporary(error)) {
        this.isWhole = false;
        continue;
      }
      again.add(hosted.kernelId);
      // By this one rooms are kept closed.
      if (!(obstacle instanceof QueueUnavailable)) obstacle = error;
    }
    this.left = again;
    return obstacle;
  }

  private async takeOver(hosted: HostedKernel, estate: Estate): Promise<Error | null> {
    try {
      await this.options.takeOver(hosted, estate.cwdOf(hosted));
      return null;
    } catch (error) {
      const { kernelId } = hosted;
      this.options.log.warn({ kernelId, error: messageOf(error) }, 'a kernel could not be taken over');
      return asError(error);
    }
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

  private tryLater(estate: Estate, obstacle: Error): void {
    if (obstacle instanceof QueueUnavailable) this.againMs = AGAIN_AFTER_MS.first;
    const again = (): void => {
      if (this.timer !== null) clearTimeout(this.timer);
      this.timer = null;
      this.tryNow = null;
      this.trying = this.try(estate);
    };
    this.timer = setTimeout(again, this.againMs);
    this.againMs = Math.min(2 * this.againMs, AGAIN_AFTER_MS.most);
    this.tryNow = again;
  }
}

function leaving(): QueueUnavailable {
  return new QueueUnavailable('this hub lets go of its kernels; ask again in a moment');
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}

function isTemporary(error: Error): boolean {
  return error instanceof QueueUnavailable || (error instanceof KernelHostError && error.code === 'unreachable');
}
