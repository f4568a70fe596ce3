/**
 * KernelHost: the port through which a hub starts, attaches to and talks to kernels. Its adapters are the
 * keeper (kernel/keeper-host.ts) and a remote Jupyter server (kernel/gateway-host.ts).
 *
 * A host hands over whole, valid messages in the order of the kernel's channel, each with a sequence number
 * that only grows within one journal (`seq`), so that a hub can attach again from where it was. Control never
 * waits behind output. What an adapter can't promise it says in `HostedKernel` and by `gap`.
 */
import type { KernelMessage } from '@cokernel/proto/jupyter';
import type { KernelId } from '@cokernel/proto/hub';

/** A kernelspec as found on this host (J13). */
export interface KernelSpec {
  readonly name: string;
  readonly displayName: string;
  readonly language: string;
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly interruptMode: 'signal' | 'message';
  readonly metadata: Readonly<Record<string, unknown>>;
  /** Where kernel.json and its logos lie. */
  readonly resourceDir: string;
}

/** `starting` until kernel_info was answered and an IOPub message came (J9). */
export type HostedKernelState = 'starting' | 'ready' | 'restarting' | 'dead';

export interface HostedKernel {
  readonly kernelId: KernelId;
  readonly specName: string;
  readonly state: HostedKernelState;
  /** Whose it is, such as `{fileId}`: written at start, never read by the host. */
  readonly labels: Readonly<Record<string, string>>;
  /** The seq of the newest message that the host holds; 0 before the first. */
  readonly lastSeq: number;
  /** Changes when the host's journal of this kernel begins anew (it was lost): seqs of another journal mean nothing. */
  readonly journalId: string;
  /**
   * The host knows every execute_request that was ever sent to this kernel: one that it takes was never sent. False for a
   * remote kernel, and where a journal was lost: then a run that may have been sent is lost, not sent again.
   */
  readonly knowsAllRequests: boolean;
  /** `existing`: found by its connection file (J14); it is not restarted, nor shut down unless a person asks for it. */
  readonly origin: 'started' | 'existing';
  /** Of the newest kernel_info_reply; null before the first. */
  readonly kernelInfo: KernelInfo | null;
}

/** The content of a kernel_info_reply, as far as we use it. */
export interface KernelInfo {
  readonly protocol_version: string;
  readonly implementation: string;
  readonly banner: string;
  readonly language_info: Readonly<Record<string, unknown>> & { readonly name: string };
  readonly supported_features?: readonly string[];
}

export interface StartKernel {
  readonly kernelId: KernelId;
  readonly specName: string;
  /** The kernel's working directory, absolute. */
  readonly cwd: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly fence: number;
}

/** A kernel that runs already, found by its connection file (J14). */
export interface ExistingKernel {
  readonly kernelId: KernelId;
  /** Absolute, readable by the host. */
  readonly connectionFile: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly fence: number;
}

/** Those with a `seq` stand in the journal, in one order with the messages, and are handed over again to who attaches. */
export type KernelHostEvent =
  | { readonly type: 'message'; readonly seq: number; readonly message: KernelMessage }
  /** The execute_request of this msg_id went to the kernel: what belongs to it comes after this. */
  | { readonly type: 'sent'; readonly seq: number; readonly msgId: string }
  /** What the kernel said after `fromSeq` and before `toSeq`, if anything, is lost; `reason` is for a person. */
  | { readonly type: 'gap'; readonly fromSeq: number; readonly toSeq: number; readonly reason: string }
  /**
   * A start, a restart or a take-over by another keeper reached its end: kernel_info was answered, so that the kernel has
   * done with every request before it.
   */
  | { readonly type: 'ready'; readonly seq: number; readonly kernelInfo: KernelInfo }
  /** The process is gone or being replaced; `ready` or `died` follows. */
  | { readonly type: 'restarting'; readonly seq: number; readonly reason: string }
  /** The process is gone and is not started again. `stderr` is the last of it, at most 8 KiB. */
  | { readonly type: 'died'; readonly seq: number; readonly reason: string; readonly stderr: string }
  /**
   * What the kernel's process and its children use, every 5 s while a hub is attached; CPU in percent of one core. Of a
   * kernel that the host can't measure, what the kernel says of itself, if it does.
   */
  | { readonly type: 'usage'; readonly rssBytes: number; readonly cpuPercent: number }
  /** No echo of the heartbeat for `sinceMs`; said once, and once more with `beating` when it is back. */
  | { readonly type: 'heartbeat'; readonly beating: boolean; readonly sinceMs: number }
  /** The connection to the host itself broke; no event follows; attach again. */
  | { readonly type: 'detached'; readonly reason: string };

/** One kernel as seen through its host. Rejections are `KernelHostError`. */
export interface AttachedKernel {
  readonly kernelId: KernelId;
  /**
   * Sends a request on shell, control or stdin (by `message.channel`). Resolves when the host has taken it. An
   * execute_request whose msg_id was sent before is refused (`alreadySent`), for the kernel's life.
   */
  send(message: KernelMessage): Promise<void>;
  /**
   * By the kernelspec's interrupt_mode (J11). Resolves when the signal or interrupt_reply is through. With `msgId` it is
   * meant for that run alone, and dropped when the kernel was seen idle after it: the next run must not be hit.
   */
  interrupt(msgId?: string): Promise<void>;
  /** Ends the process and starts it anew with its launch arguments and connection file; resolves when ready. */
  restart(): Promise<void>;
  /** J10; resolves when the process is gone. */
  shutdown(): Promise<void>;
  /** Stops the events; the kernel runs on. Can be called twice. */
  detach(): void;
}

export interface AttachOptions {
  readonly fromSeq: number;
  readonly fence: number;
  /** Whether anybody looks at what the kernel uses (always): a remote engine takes a kernel that is asked for one in use. */
  readonly wantsUsage?: () => boolean;
}

export interface KernelHost {
  /** Reads the kernelspecs anew (J13); unreadable ones are skipped and logged. */
  kernelSpecs(): Promise<readonly KernelSpec[]>;
  /** The kernels that this host runs now. */
  kernels(): Promise<readonly HostedKernel[]>;
  /**
   * Starts a kernel; resolves when its process was started, before it is ready: attach for what follows. A launch
   * that fails is told as `died` to those attached.
   */
  start(options: StartKernel): Promise<HostedKernel>;
  /** Attaches the host to a kernel that runs already. Rejects with `launchFailed` when it can't be reached. */
  adoptExisting(options: ExistingKernel): Promise<HostedKernel>;
  /**
   * Events after `fromSeq` (0: all that the host holds), in order, then live ones. Accepts commands only with a fence
   * that is at least the highest that the host has seen for this kernel.
   */
  attach(
    kernelId: KernelId,
    options: AttachOptions,
    listener: (event: KernelHostEvent) => void,
  ): Promise<{ readonly hosted: HostedKernel; readonly kernel: AttachedKernel }>;
  /** Leaves the host; kernels run on. Can be called twice. */
  close(): Promise<void>;
}

export type KernelHostErrorCode =
  | 'noSuchKernel'
  | 'noSuchKernelSpec'
  | 'kernelExists'
  /** The fence is older than one that the host has seen. */
  | 'staleFence'
  | 'alreadySent'
  /** The process could not be started: the message says why and what to do. */
  | 'launchFailed'
  /** The host is out of reach. */
  | 'unreachable'
  /** Host and hub speak different versions. */
  | 'versionMismatch'
  | 'badRequest';

export class KernelHostError extends Error {
  override readonly name = 'KernelHostError';
  constructor(
    readonly code: KernelHostErrorCode,
    message: string,
    /** With `staleFence`: the highest fence seen. */
    readonly highestFence?: number,
  ) {
    super(message);
  }
}
