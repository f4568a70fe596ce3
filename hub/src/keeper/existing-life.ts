/**
 * The life of a kernel that somebody else started (J14), as far as we see it: reached over its sockets, alive as long
 * as somebody listens at its ports. It is asked to end only when a person asks us to; otherwise we only let go of it.
 * Its process is never signalled and its connection file never touched: neither is ours. What it uses it is asked itself.
 */
import {
  interruptRequest,
  kernelInfoRequest,
  shutdownRequest,
  type Channel,
  type MessageParts,
} from '@cokernel/proto/jupyter';
import { UsageQuestions } from '../kernel/usage-questions.js';
import { endpointOf } from './connection-file.js';
import { KernelWire, type KernelWireOptions } from './kernel-wire.js';
import type { Life, LifeListener, StartOutcome } from './life.js';
import { PortWatch } from './port-watch.js';
import { endsWithin } from '../within.js';

export interface ExistingLifeOptions extends KernelWireOptions, Pick<LifeListener, 'onUsage' | 'isWatched'> {
  /** A former keeper has heard it with this key: then its heartbeat is proof enough that it is there. */
  readonly wasHeard: boolean;
  /** How long a kernel that is there may take to be heard: it may be on another machine, or computing. */
  readonly heardTimeoutMs: number;
  /** See `UsageQuestionsOptions`. */
  readonly usageEveryMs: number;
}

/** As long as J10 gives a kernel that is ours before it is killed. */
const SHUTDOWN_TIMEOUT_MS = 5_000;

export class ExistingLife implements Life {
  readonly pid = null;
  readonly #wire: KernelWire;
  readonly #watch: PortWatch;
  readonly #usage: UsageQuestions;
  /** Resolves with the first message that is signed with the file's key. */
  readonly #heard: Promise<void>;
  #tellHeard: () => void = () => undefined;

  constructor(private readonly options: ExistingLifeOptions) {
    const { connection, heartbeatMs, usageEveryMs, isWatched, onUsage, log } = options;
    this.#wire = new KernelWire({
      ...options,
      onMessage: (message, parts) => {
        this.#tellHeard();
        if (!this.#usage.takes(message)) options.onMessage(message, parts);
      },
      onHeartbeat: (beating, sinceMs) => this.#heartbeatChanged(beating, sinceMs),
    });
    this.#usage = new UsageQuestions({
      ...{ everyMs: usageEveryMs, isWanted: isWatched, onUsage, log },
      send: (request) => this.#wire.tell(request),
    });
    this.#watch = new PortWatch({ connection, everyMs: heartbeatMs });
    this.#heard = new Promise((resolve) => (this.#tellHeard = resolve));
  }

  get ended(): Promise<string> {
    return this.#watch.gone.then(() => 'nobody listening at its ports');
  }

  /** Resolves when the kernel was heard; a kernel that computes may answer on control alone, or print. */
  async launch(): Promise<void> {
    const address = endpointOf(this.options.connection, this.options.connection.shellPort);
    if (await this.#watch.isRefused()) throw new Error(`nobody listens at ${address}: has the kernel ended?`);
    this.#wire.open();
    this.#wire.startHeartbeat();
    this.#wire.askWhetherReady();
    await this.#wire.tell({ ...kernelInfoRequest(this.#wire.sender()), channel: 'control' });
    const isHeard = await endsWithin(this.#heard, this.options.heardTimeoutMs);
    const isThere = isHeard || (this.options.wasHeard && this.#wire.isBeating);
    if (!isThere) throw new Error(this.#whyUnheard(address));
    this.#usage.start();
  }

  /** No time limit: a kernel that computes is ready when it has done with that. */
  async started(): Promise<StartOutcome> {
    const ended = this.ended.then((reason) => `it ended with ${reason}`);
    const result = await Promise.race([this.#wire.ready, ended]);
    if (typeof result === 'string') return { outcome: 'failed', reason: result, stderr: '' };
    return { outcome: 'ready', kernelInfo: result };
  }

  send(channel: Channel, parts: MessageParts): Promise<void> {
    return this.#wire.send(channel, parts);
  }

  overtaken(): void {
    this.#wire.overtaken();
  }

  /** Always by message: the process is not ours to signal. */
  interrupt(): Promise<void> {
    return this.#wire.interrupt(this.ended);
  }

  async shutdown(): Promise<string> {
    try {
      await this.#wire.tell(interruptRequest(this.#wire.sender()));
      await this.#wire.tell(shutdownRequest(this.#wire.sender()));
    } catch (error) {
      this.options.log('warn', 'a kernel could not be asked to end', { reason: String(error) });
    }
    this.#watch.start();
    const ended = await endsWithin(this.ended, SHUTDOWN_TIMEOUT_MS);
    await this.close();
    return ended ? 'it was shut down' : 'it was asked to end and has not: it was let go';
  }

  async close(): Promise<void> {
    this.#usage.stop();
    this.#watch.stop();
    await this.#wire.close();
  }

  stderrTail(): Promise<string> {
    return Promise.resolve('');
  }

  #heartbeatChanged(beating: boolean, sinceMs: number): void {
    this.options.onHeartbeat(beating, sinceMs);
    if (beating) this.#watch.stop();
    else this.#watch.start();
  }

  #whyUnheard(address: string): string {
    if (this.#wire.droppedMessages > 0) return `what ${address} says is not signed with the key of the file`;
    const silence = `nothing was heard from ${address} for ${this.options.heardTimeoutMs / 1000} s`;
    if (!this.#wire.isBeating) return silence;
    return `${silence} but its heartbeat: the key of the file may be another's, or the kernel computes; try again later`;
  }
}
