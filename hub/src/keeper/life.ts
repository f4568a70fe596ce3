/**
 * One life of a kernel, from its launch or from when we found it to its end: what the hosted kernel asks of it,
 * whether the process is our child, was taken over from a former keeper, or is somebody else's.
 */
import type { KernelUsage } from '@cokernel/proto/hub';
import type { Channel, KernelMessage, MessageParts } from '@cokernel/proto/jupyter';
import type { KernelInfo } from '../kernel/kernel-host.js';
import type { Counts } from './counts.js';

export type StartOutcome =
  | { readonly outcome: 'ready'; readonly kernelInfo: KernelInfo }
  | { readonly outcome: 'failed'; readonly reason: string; readonly stderr: string };

export interface LifeListener {
  readonly onMessage: (message: KernelMessage, parts: MessageParts) => void;
  /** When beats stop, with the time since the last one, and when they are back. */
  readonly onHeartbeat: (beating: boolean, sinceMs: number) => void;
  /** In the turn in which the process was started. */
  readonly onStarted: (pid: number) => void;
  /** Of a kernel whose process is not ours to look at; what the others use is measured for all at once. */
  readonly onUsage: (usage: KernelUsage) => void;
  /** Whether a hub is attached. */
  readonly isWatched: () => boolean;
  /** Counts what the kernel sent and was no message. */
  readonly dropped: Counts;
}

export interface Life {
  /** Why it ended, once it has, as words after 'it ended with'. Never rejects. */
  readonly ended: Promise<string>;
  /** Null before the launch, and of a process that we can't know. */
  readonly pid: number | null;
  /** Rejects at once when there can be no life, with a reason for a person. */
  launch(): Promise<void>;
  /** Resolves when the kernel takes requests, or when it is certain that it won't. The same answer each time. */
  started(): Promise<StartOutcome>;
  send(channel: Channel, parts: MessageParts): Promise<void>;
  /** A run was sent while it was waited for the kernel: it is ready when it has done with that too. */
  overtaken(): void;
  /** J11; resolves when the signal was sent or the kernel has answered. */
  interrupt(): Promise<void>;
  /** J10; resolves when all is over and the last messages were handed over, with what came of it. */
  shutdown(): Promise<string>;
  /** Hands over what is still under way and lets go; the process is left as it is. Can be called twice. */
  close(): Promise<void>;
  /** The last of what it wrote to stderr; empty where nobody keeps it. */
  stderrTail(): Promise<string>;
}
