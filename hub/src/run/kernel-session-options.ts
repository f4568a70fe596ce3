/** What a kernel session is made of, and what it needs from outside. */
import type { KernelMessage } from '@cokernel/proto/jupyter';
import type { KernelId, RunId, RunView } from '@cokernel/proto/hub';
import type { HostedKernel } from '../kernel/kernel-host.js';
import type { OutputStore } from './output-store.js';
import type { RunOutputs } from './run-outputs.js';
import type { QueuedRun, RunQueue } from './run-queue.js';

export interface SessionLog {
  readonly info: (fields: object, message: string) => void;
  readonly warn: (fields: object, message: string) => void;
  readonly error: (fields: object, message: string) => void;
}

export interface KernelSessionOptions {
  readonly kernelId: KernelId;
  readonly specName: string;
  readonly displayName: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly origin: HostedKernel['origin'];
  readonly fence: number;
  readonly queue: RunQueue;
  /** Where the output of a run goes. */
  readonly outputsOf: (run: QueuedRun) => Promise<RunOutputs>;
  /** Where outputs go that are too large for their target. */
  readonly outputs: OutputStore;
  /** A run of this kernel that ended under an earlier owner; null when nobody remembers it. */
  readonly endedRun: (runId: string) => Promise<QueuedRun | null>;
  /** Told of a run without a cell that ended before it began. */
  readonly transcriptWithdrawn: (run: RunView) => Promise<void>;
  /** Told of a question of a run without a cell. */
  readonly transcriptPrompted: (runId: RunId, text: string, password: boolean) => Promise<void>;
  /** Told of each message of the kernel. */
  readonly onMessage?: (message: KernelMessage) => void;
  /** Told when code has ended the kernel, which is gone by now: whoever keeps this session forgets it. */
  readonly exited: (reason: string) => Promise<void>;
  readonly newId: () => string;
  readonly clock: () => Date;
  readonly log: SessionLog;
}
