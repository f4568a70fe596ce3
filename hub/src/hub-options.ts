/** What one hub is started with. */
import type { Logger } from 'pino';
import type { FolderId } from '@cokernel/proto/hub';
import type { HubConfig, KernelsAtStop } from './config.js';
import type { Right } from './right.js';

/** What a hub that leads others may do, as long as it does. */
export interface Lead {
  readonly folderId: FolderId;
  /** Of the folder's lease. */
  readonly fence: number;
  readonly right: Right;
}

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
