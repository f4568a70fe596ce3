/** Those who hear of one kernel: the rooms that refer to it, and those who only go along. Each can leave at any time. */
import type { KernelMessage } from '@cokernel/proto/jupyter';
import type { KernelStatus, KernelUsage, KernelView, PromptView, RunView } from '@cokernel/proto/hub';
import type { QueueChange } from './run-queue.js';

/** What a session knows of its kernel; who uses it, the rooms know. */
export type SessionView = Omit<KernelView, 'notebooks'>;

/** What a session tells those who refer to it (its rooms). */
export interface SessionListener {
  readonly kernelChanged: (kernel: SessionView) => void;
  readonly usageTold: (usage: KernelUsage) => void;
  readonly promptChanged: (prompt: PromptView | null) => void;
  readonly queueChanged: (change: QueueChange) => void;
  /** This run is interrupted, for it takes longer than the queue's rules allow. */
  readonly ranOverTime: (run: RunView, mostSeconds: number) => void;
}

/** Goes along with a kernel without referring to it: the WebSockets of its channels. */
export interface KernelWatcher {
  /** Every message of the kernel, of all channels, in order. */
  readonly heard: (message: KernelMessage) => void;
  readonly kernelChanged: (status: KernelStatus) => void;
  readonly queueChanged: (change: QueueChange) => void;
  /** The session ends, or this hub leaves it. */
  readonly ended: () => void;
  /** How many clients hear through it now. */
  readonly clientCount: () => number;
}

export class SessionAudience {
  private readonly listeners = new Set<SessionListener>();
  private readonly watchers = new Set<KernelWatcher>();

  get listenerCount(): number {
    return this.listeners.size;
  }

  /** How many clients hear the kernel's messages. */
  get watcherCount(): number {
    return [...this.watchers].reduce((sum, watcher) => sum + watcher.clientCount(), 0);
  }

  /** Returns what ends it. */
  listen(listener: SessionListener): () => void {
    return joined(this.listeners, listener);
  }

  /** Returns what ends it. */
  watch(watcher: KernelWatcher): () => void {
    return joined(this.watchers, watcher);
  }

  heard(message: KernelMessage): void {
    for (const watcher of [...this.watchers]) watcher.heard(message);
  }

  kernelChanged(view: SessionView): void {
    for (const watcher of [...this.watchers]) watcher.kernelChanged(view.status);
    for (const listener of [...this.listeners]) listener.kernelChanged(view);
  }

  queueChanged(change: QueueChange): void {
    for (const listener of [...this.listeners]) listener.queueChanged(change);
    for (const watcher of [...this.watchers]) watcher.queueChanged(change);
  }

  promptChanged(prompt: PromptView | null): void {
    for (const listener of [...this.listeners]) listener.promptChanged(prompt);
  }

  ranOverTime(run: RunView, mostSeconds: number): void {
    for (const listener of [...this.listeners]) listener.ranOverTime(run, mostSeconds);
  }

  usageTold(usage: KernelUsage): void {
    for (const listener of [...this.listeners]) listener.usageTold(usage);
  }

  /** Nobody hears anything from now on. Can be called twice. */
  end(): void {
    this.listeners.clear();
    for (const watcher of [...this.watchers]) watcher.ended();
    this.watchers.clear();
  }
}

function joined<T>(those: Set<T>, one: T): () => void {
  those.add(one);
  return () => {
    those.delete(one);
  };
}
