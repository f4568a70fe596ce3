/**
 * One kernel that the keeper hosts, through all its lives: it is started or taken over from a former keeper, restarted
 * by command or after it died by itself (J12), and ended, one such step at a time. Everything it says goes into its
 * feed. An execute_request is sent at most once by its msg_id, whatever hubs ask (design: at most once).
 */
import type { KernelMessage, MessageParts } from '@cokernel/proto/jupyter';
import { KernelHostError, type HostedKernel as HostedKernelFacts } from '../kernel/kernel-host.js';
import type { HostedKernelState, KernelInfo } from '../kernel/kernel-host.js';
import type { KeeperCounters } from '../kernel/keeper-protocol.js';
import type { Log } from '../kernel/log.js';
import { Counts } from './counts.js';
import type { KernelFeed } from './kernel-feed.js';
import type { KernelFiles } from './kernel-files.js';
import type { Life, LifeListener, StartOutcome } from './life.js';
import { identityOf, isSameProcess } from './process-identity.js';
import type { RestartBudget } from './restart-budget.js';
import { RunWatch } from './run-watch.js';

export interface HostedKernelOptions {
  readonly files: KernelFiles;
  readonly newLife: (listener: LifeListener, takesOver: boolean) => Life;
  readonly budget: RestartBudget;
  readonly now: () => number;
  readonly log: Log;
}

export class HostedKernel {
  #state: HostedKernelState = 'starting';
  #life: Life | null = null;
  /** Its process was ready before this keeper came, so that it may be at work though it has not answered us. */
  #mayBeAtWork = false;
  #lastStep: Promise<unknown> = Promise.resolve();
  #receivedMessages = 0;
  readonly #dropped = new Counts();
  readonly #runs = new RunWatch();

  constructor(private readonly options: HostedKernelOptions) {}

  get feed(): KernelFeed {
    return this.options.files.feed;
  }

  get facts(): HostedKernelFacts {
    const { kernelId, specName, labels, origin, journalId, knowsAllRequests, kernelInfo } = this.#kept.current;
    const { lastSeq } = this.feed;
    const state = this.#state;
    return { kernelId, specName, labels, state, lastSeq, journalId, knowsAllRequests, origin, kernelInfo };
  }

  get counters(): KeeperCounters['kernels'][number] {
    const { kernelId } = this.#kept.current;
    const droppedMessages = this.#dropped.byReason;
    return {
      kernelId,
      droppedMessages,
      receivedMessages: this.#receivedMessages,
      journalBytes: this.feed.journalBytes,
    };
  }

  get isAlive(): boolean {
    return this.#state !== 'dead';
  }

  /** Throws `staleFence` for a fence below the highest seen; remembers a higher one. */
  passFence(fence: number): void {
    const { highestFence } = this.#kept.current;
    if (fence < highestFence) {
      const message = `fence ${fence} is older than ${highestFence}: another hub owns this kernel`;
      throw new KernelHostError('staleFence', message, highestFence);
    }
    if (fence > highestFence) this.#kept.update({ highestFence: fence });
  }

  /** Resolves when the process runs; rejects with `launchFailed` at once when it can't. */
  start(): Promise<void> {
    return this.#step(async () => {
      await this.#launch(false);
    });
  }

  /**
   * Goes on with a kernel that a former keeper left. What was said meanwhile is lost, and that stands in the journal
   * before all else. A kernel that computes answers when it has done with that; its output flows, and it can be
   * interrupted. One whose process is gone is dead, and not started again: nobody has asked for it since.
   */
  takeOver(): Promise<void> {
    const { phase, process, origin } = this.#kept.current;
    if (phase === 'dead') {
      this.#state = 'dead';
      return Promise.resolve();
    }
    this.feed.addEvent({ type: 'gap', reason: 'the keeper was away' });
    this.#runs.tookOver();
    const isGone = origin === 'started' && (process === null || !isSameProcess(process));
    // Known before any hub asks; its last words are told as soon as they were read.
    if (isGone) this.#state = 'dead';
    return this.#step(async () => {
      if (isGone) return this.#foundGone();
      this.#mayBeAtWork = phase !== 'starting';
      await this.#launch(true);
    });
  }

  /** `fence`: it was passed; who looks into the journal sees whose request each was. */
  async send(message: KernelMessage, parts: MessageParts, fence: number): Promise<void> {
    const life = this.#lifeFor('starting', 'ready');
    if (message.channel === 'iopub') throw new KernelHostError('badRequest', 'only the kernel speaks on iopub');
    if (message.header.msg_type !== 'execute_request') return life.send(message.channel, parts);
    this.#noteRequest(message.header.msg_id, fence);
    const sent = life.send(message.channel, parts);
    life.overtaken();
    await sent;
  }

  /** Not while it is starting up, which the signal would end. With `msgId`: only while that run may be what runs. */
  async interrupt(msgId?: string): Promise<void> {
    const early = this.#mayBeAtWork || this.#kept.current.origin === 'existing';
    const life = early ? this.#lifeFor('starting', 'ready') : this.#lifeFor('ready');
    if (msgId === undefined || this.#runs.mayRun(msgId)) await life.interrupt();
  }

  /** Resolves when ready; rejects with `launchFailed` when it won't be. */
  async restart(): Promise<void> {
    if (this.#kept.current.origin === 'existing') throw new KernelHostError('badRequest', NOT_OURS_TO_RESTART);
    const life = await this.#step(async () => {
      const former = this.#life;
      this.#restarting('it was restarted');
      await former?.shutdown();
      return this.#launch(false);
    });
    const outcome = await life.started();
    if (outcome.outcome === 'failed') throw launchFailed(outcome.reason, outcome.stderr);
  }

  /** Once asked for, it is not kept: a keeper that comes in between ends it. */
  shutdown(): Promise<void> {
    this.#kept.update({ ending: true });
    return this.#step(async () => {
      const life = this.#life;
      this.#life = null;
      const how = await life?.shutdown();
      if (this.#state !== 'dead') this.#died(how ?? 'it was shut down', '');
    });
  }

  /** When the keeper leaves: its own kernels end, one that somebody else started runs on. */
  async leave(): Promise<void> {
    if (this.#kept.current.origin === 'started') return this.shutdown();
    await this.#step(async () => {
      await this.#life?.close();
    });
  }

  get #kept() {
    return this.options.files.state;
  }

  /** One start, restart or end at a time, in the order asked for. */
  #step<T>(work: () => Promise<T>): Promise<T> {
    const step = this.#lastStep.then(work);
    this.#lastStep = step.catch(() => undefined);
    return step;
  }

  async #launch(takesOver: boolean): Promise<Life> {
    try {
      const life = this.options.newLife(this.#listener(), takesOver);
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
        this.#receivedMessages += 1;
        this.#runs.observe(message);
        this.feed.addMessage(message.channel, parts);
      },
      onHeartbeat: (beating, sinceMs) => {
        this.feed.tellNow({ type: 'heartbeat', beating, sinceMs: Math.round(sinceMs) });
      },
      onUsage: (usage) => this.feed.tellNow({ type: 'usage', ...usage }),
      isWatched: () => this.feed.isWatched,
      onStarted: (pid) => {
        this.#kept.update({ process: identityOf(pid), phase: 'starting' });
      },
      dropped: this.#dropped,
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
    const wasReady = this.#kept.current.kernelInfo !== null;
    if (wasReady && this.options.budget.spend(this.options.now())) {
      this.#restarting(why);
      await this.#launch(false);
      return;
    }
    this.#life = null;
    this.#died(why, await life.stderrTail());
  }

  async #foundGone(): Promise<void> {
    this.#died('its process ended while the keeper was away', await this.options.files.stderrTail());
  }

  #becameReady(kernelInfo: KernelInfo): void {
    this.#state = 'ready';
    this.#mayBeAtWork = false;
    this.#runs.answered();
    this.#kept.update({ kernelInfo: { ...kernelInfo }, phase: 'ready' });
    this.options.budget.ready(this.options.now());
    this.feed.addEvent({ type: 'ready', kernelInfo: { ...kernelInfo } });
  }

  #restarting(reason: string): void {
    this.#state = 'restarting';
    this.#life = null;
    this.#mayBeAtWork = false;
    this.#runs.startedAnew();
    this.feed.addEvent({ type: 'restarting', reason });
  }

  #died(reason: string, stderr: string): void {
    this.#state = 'dead';
    this.#kept.update({ phase: 'dead', process: null });
    this.feed.addEvent({ type: 'died', reason, stderr });
  }

  #lifeFor(...states: readonly HostedKernelState[]): Life {
    if (this.#life === null || !states.includes(this.#state)) {
      throw new KernelHostError('badRequest', `the kernel is ${this.#state}`);
    }
    return this.#life;
  }

  #noteRequest(msgId: string, fence: number): void {
    this.options.files.noteRequest(msgId, fence);
    this.#runs.sent(msgId);
  }
}

const NOT_OURS_TO_RESTART =
  'this kernel was started by another program: restart it there, then attach it by its connection file again';

function launchFailed(reason: string, stderr: string): KernelHostError {
  return new KernelHostError('launchFailed', stderr === '' ? reason : `${reason}\n${stderr}`);
}
