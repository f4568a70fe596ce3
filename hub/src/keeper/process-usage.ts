/**
 * What each kernel's processes use, told every few seconds to the hubs that are attached to it. One look at the
 * machine serves all kernels, and there is none while nobody is attached to any.
 */
import type { KernelId } from '@cokernel/proto/hub';
import type { Log } from '../kernel/log.js';
import type { ProcessScan } from './process-scan.js';
import { treeOf, type ProcessRow } from './process-table.js';

export interface MeasuredKernel {
  readonly kernelId: KernelId;
  /** Null while it has no process, or one that is not ours to look for. */
  readonly pid: number | null;
  /** Whether a hub is attached. */
  readonly isWatched: boolean;
  tellUsage(usage: Usage): void;
}

export interface Usage {
  readonly rssBytes: number;
  /** Of one core since the last look: 200 when two cores are busy. */
  readonly cpuPercent: number;
}

export interface ProcessUsageOptions {
  readonly kernels: () => Iterable<MeasuredKernel>;
  readonly scan: ProcessScan;
  /** 5 s shows a leak as it grows and costs a few milliseconds of CPU a minute for each hundred processes. */
  readonly everyMs: number;
  readonly now: () => number;
  readonly log: Log;
}

interface Sample {
  readonly pid: number;
  readonly cpuMs: number;
  readonly at: number;
}

export class ProcessUsage {
  #samples = new Map<KernelId, Sample>();
  #timer: NodeJS.Timeout | null = null;
  #look: Promise<void> = Promise.resolve();
  #isLooking = false;

  constructor(private readonly options: ProcessUsageOptions) {}

  start(): void {
    this.#timer ??= setInterval(() => {
      if (!this.#isLooking) this.#look = this.#measureAll();
    }, this.options.everyMs);
  }

  /** Can be called twice. Resolves when no look is under way any more. */
  async stop(): Promise<void> {
    if (this.#timer !== null) clearInterval(this.#timer);
    this.#timer = null;
    await this.#look;
  }

  async #measureAll(): Promise<void> {
    this.#isLooking = true;
    try {
      await this.#measure([...this.options.kernels()]);
    } catch (error) {
      this.options.log('warn', 'what the kernels use could not be measured', { reason: String(error) });
    } finally {
      this.#isLooking = false;
    }
  }

  async #measure(kernels: readonly MeasuredKernel[]): Promise<void> {
    const before = this.#samples;
    this.#samples = new Map();
    if (!kernels.some(({ pid, isWatched }) => isWatched && pid !== null)) return;
    const rows = await this.options.scan.processes();
    const at = this.options.now();
    for (const kernel of kernels) {
      const tree = kernel.pid === null ? [] : treeOf(kernel.pid, rows);
      if (kernel.pid === null || tree.length === 0) continue;
      const sample = { pid: kernel.pid, cpuMs: cpuOf(tree), at };
      this.#samples.set(kernel.kernelId, sample);
      // Two looks make a share of time; of a kernel started anew the former look says nothing.
      const former = before.get(kernel.kernelId);
      if (!kernel.isWatched || former?.pid !== kernel.pid) continue;
      kernel.tellUsage({ rssBytes: await this.options.scan.rssOf(tree), cpuPercent: shareOf(former, sample) });
    }
  }
}

function cpuOf(tree: readonly ProcessRow[]): number {
  return tree.reduce((total, { cpuMs }) => total + cpuMs, 0);
}

/** Never below 0: a process that left the tree takes along the time that was counted for it. */
function shareOf(former: Sample, sample: Sample): number {
  const elapsed = sample.at - former.at;
  if (elapsed <= 0) return 0;
  return Math.round(Math.max(0, (sample.cpuMs - former.cpuMs) / elapsed) * 1000) / 10;
}
