/**
 * One kernel that the keeper hosts, through all its lives: it is started, restarted by command or after it died by
 * itself (J12), and ended, one such step at a time. Everything it says goes into its feed. An execute_request is sent
 * at most once by its msg_id, whatever hubs ask (design: at most once).
 */
import type { KernelId } from '@cokernel/proto/hub';
import type { KernelMessage, MessageParts } from '@cokernel/proto/jupyter';
import { KernelHostError, type HostedKernel as HostedKernelFacts } from '../kernel/kernel-host.js';
import type { HostedKernelState, KernelInfo } from '../kernel/kernel-host.js';
import type { Log } from '../kernel/log.js';
import { KernelFeed } from './kernel-feed.js';
import type { Life, StartOutcome } from './life.js';
import type { RestartBudget } from './restart-budget.js';

export interface LifeListener {
  readonly onMessage: (message: KernelMessage, parts: MessageParts) => void;
  readonly onHeartbeat: (beating: boolean, sinceMs: number) => void;
}

export interface HostedKernelOptions {
  readonly kernelId: KernelId;
  readonly specName: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly origin: HostedKernelFacts['origin'];
  /** A life with the same launch arguments and connection file each time. */
  readonly newLife: (listener: LifeListener) => Promise<Life>;
  readonly budget: RestartBudget;
  readonly maxJournalBytes: number;
  readonly now: () => number;
  readonly log: Log;
}

export class HostedKernel {
  readonly feed: KernelFeed;
  #state: HostedKernelState = 'starting';
  #kernelInfo: KernelInfo | null = null;
  #life: Life | null = null;
  #wasReady = false;
  #highestFence = 0;
  #lastStep: Promise<unknown> = Promise.resolve();
  readonly #sentRequests = new Set<string>();

  constructor(private readonly options: HostedKernelOptions) {
    this.feed = new KernelFeed(options.kernelId, options.maxJournalBytes);
  }

  get facts(): HostedKernelFacts {
    const { kernelId, specName, labels, origin } = this.options;
    const { lastSeq, journalId } = this.feed;
    const state = this.#state;
    const kernelInfo = this.#kernelInfo;
    return {
      kernelId,
      specName,
      labels,
      state,
      lastSeq,
      journalId,
      knowsAllRequests: true,
      origin,
      kernelInfo,
    };
  }

  get isAlive(): boolean {
    return this.#state !== 'dead';
  }

  /** Throws `staleFence` for a fence below the highest seen; remembers a higher one. */
  passFence(fence: number): void {
    if (fence < this.#highestFence) {
      const message = `fence ${fence} is older than ${this.#highestFence}: another hub owns this kernel`;
      throw new KernelHostError('staleFence', message, this.#highestFence);
    }
    this.#highestFence = fence;
  }

  /** Resolves when the process runs; rejects with `launchFailed` at once when it can't. */
  start(): Promise<void> {
    return this.#step(async () => {
      await this.#launch();
    });
  }

  async send(message: KernelMessage, parts: MessageParts): Promise<void> {
    const life = this.#lifeFor('starting', 'ready');
    if (message.channel === 'iopub') throw new KernelHostError('badRequest', 'only the kernel speaks on iopub');
    if (message.header.msg_type === 'execute_request') this.#markSent(message.header.msg_id);
    await life.send(message.channel, parts);
  }

  /** Not while it is starting up, which the signal would end; one that was found running may be at work before it is ready. */
  interrupt(): Promise<void> {
    const life = this.options.origin === 'existing' ? this.#lifeFor('starting', 'ready') : this.#lifeFor('ready');
    return life.interrupt();
  }

  /** Resolves when ready; rejects with `launchFailed` when it won't be. */
  async restart(): Promise<void> {
    if (this.options.origin === 'existing') throw new KernelHostError('badRequest', NOT_OURS_TO_RESTART);
    const life = await this.#step(async () => {
      const former = this.#life;
      this.#restarting('it was restarted');
      await former?.shutdown();
      return this.#launch();
    });
    const outcome = await life.started();
    if (outcome.outcome === 'failed') throw launchFailed(outcome.reason, outcome.stderr);
  }

  shutdown(): Promise<void> {
    return this.#step(async () => {
      const life = this.#life;
      this.#life = null;
      const how = await life?.shutdown();
      if (this.#state !== 'dead') this.#died(how ?? 'it was shut down', '');
    });
  }

  /** When the keeper leaves: its own kernels end, one that somebody else started runs on. */
  async leave(): Promise<void> {
    if (this.options.origin === 'started') return this.shutdown();
    await this.#step(async () => {
      await this.#life?.close();
    });
  }

  /** One start, restart or end at a time, in the order asked for. */
  #step<T>(work: () => Promise<T>): Promise<T> {
    const step = this.#lastStep.then(work);
    this.#lastStep = step.catch(() => undefined);
    return step;
  }

  async #launch(): Promise<Life> {
    try {
      const life = await this.options.newLife(this.#listener());
      await this.#launched(life);
      return life;
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      this.#died(reason, '');
      throw launchFailed(reason, '');
    }
  }

  async #launched(life: Life): Promise<void> {
    try {
      await life.launch();
    } catch (error) {
      await life.close();
      throw error;
    }
    this.#life = life;
    this.#supervise(life).catch((error: unknown) => {
      this.options.log('error', 'a kernel was given up', { reason: String(error) });
    });
  }

  #listener(): LifeListener {
    return {
      onMessage: (message, parts) => {
        this.feed.addMessage(message.channel, parts);
      },
      onHeartbeat: (beating, sinceMs) => {
        this.feed.tellNow({ type: 'heartbeat', beating, sinceMs: Math.round(sinceMs) });
      },
    };
  }

  /** From launch to end. A life that a restart or shutdown has replaced is left alone. */
  async #supervise(life: Life): Promise<void> {
    const outcome = await life.started();
    if (this.#life !== life) return;
    if (outcome.outcome === 'ready') this.#becameReady(outcome.kernelInfo);
    const reason = await life.ended;
    await this.#step(() => this.#ended(life, outcome, `it ended with ${reason}`));
  }

  async #ended(life: Life, outcome: StartOutcome, reason: string): Promise<void> {
    if (this.#life !== life) return;
    await life.close();
    const why = outcome.outcome === 'failed' ? outcome.reason : reason;
    if (this.#wasReady && this.options.budget.spend(this.options.now())) {
      this.#restarting(why);
      await this.#launch();
      return;
    }
    this.#life = null;
    this.#died(why, await life.stderrTail());
  }

  #becameReady(kernelInfo: KernelInfo): void {
    this.#state = 'ready';
    this.#wasReady = true;
    this.#kernelInfo = kernelInfo;
    this.options.budget.ready(this.options.now());
    this.feed.addEvent({ type: 'ready', kernelInfo: { ...kernelInfo } });
  }

  #restarting(reason: string): void {
    this.#state = 'restarting';
    this.#life = null;
    this.feed.addEvent({ type: 'restarting', reason });
  }

  #died(reason: string, stderr: string): void {
    this.#state = 'dead';
    this.feed.addEvent({ type: 'died', reason, stderr });
  }

  #lifeFor(...states: readonly HostedKernelState[]): Life {
    if (this.#life === null || !states.includes(this.#state)) {
      throw new KernelHostError('badRequest', `the kernel is ${this.#state}`);
    }
    return this.#life;
  }

  #markSent(msgId: string): void {
    if (this.#sentRequests.has(msgId)) {
      throw new KernelHostError('alreadySent', `the request ${msgId} was sent to this kernel before`);
    }
    this.#sentRequests.add(msgId);
    this.feed.addEvent({ type: 'sent', msgId });
  }
}

const NOT_OURS_TO_RESTART =
  'this kernel was started by another program: restart it there, then attach it by its connection file again';

function launchFailed(reason: string, stderr: string): KernelHostError {
  return new KernelHostError('launchFailed', stderr === '' ? reason : `${reason}\n${stderr}`);
}
