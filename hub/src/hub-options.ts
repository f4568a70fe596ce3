/** What one hub is started with. */
import type { Logger } from 'pino';
import type { HubConfig, KernelsAtStop } from './config.js';

export interface HubOptions {
  readonly config: HubConfig;
  readonly version: string;
  /** The built page. */
  readonly webDirectory: string;
  /** Starts the keeper's process, without its own arguments. */
  readonly keeperCommand: readonly string[];
  /** Somebody asked over REST that the hub stops. */
  readonly onStopAsked: (kernels: KernelsAtStop) => void;
  /** Something that the person at the terminal should read. */
  readonly say: (line: string) => void;
  readonly log: Logger;
}
