/**
 * Removes stored outputs a while after their last reference: when the hub starts, and once a day. Before that, those are let
 * go whose holders are no more.
 */
import { messageOf } from '../errors.js';
import type { SessionLog } from './kernel-session-options.js';
import type { OutputStore } from './output-store.js';

export interface OutputSweepingOptions {
  readonly outputs: Pick<OutputStore, 'sweep'>;
  /** Lets go what nobody holds any more. */
  readonly letGo: () => Promise<void>;
  readonly clock: () => Date;
  readonly log: SessionLog;
}

const DAY_MS = 24 * 3_600_000;
/** Who deleted something on Friday finds it on Monday, by an undo. */
const KEPT_MS = 7 * DAY_MS;

export class OutputSweeping {
  private timer: NodeJS.Timeout | null = null;
  private sweeping: Promise<void> = Promise.resolve();

  constructor(private readonly options: OutputSweepingOptions) {}

  start(): void {
    this.sweep();
    this.timer = setInterval(() => this.sweep(), DAY_MS);
    this.timer.unref();
  }

  /** Resolves when nothing is being removed any more. Can be called twice. */
  async stop(): Promise<void> {
    if (this.timer !== null) clearInterval(this.timer);
    this.timer = null;
    await this.sweeping;
  }

  private sweep(): void {
    const { outputs, letGo, clock, log } = this.options;
    const once = async (): Promise<void> => {
      await letGo().catch((error: unknown) => log.warn({ error: messageOf(error) }, 'stored outputs were not let go'));
      const swept = await outputs.sweep(new Date(clock().getTime() - KEPT_MS));
      if (swept.removed > 0) log.info(swept, 'stored outputs that nobody refers to were removed');
    };
    this.sweeping = this.sweeping
      .then(once)
      .catch((error: unknown) => log.warn({ error: messageOf(error) }, 'stored outputs were not swept'));
  }
}
