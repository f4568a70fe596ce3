/**
 * Serving of a hub among others: by whoever leads now, this hub or another. While nobody is known to lead, those who come
 * wait, so that a change of leaders is a pause to them and no error; not for ever, and not without a bound.
 */
import { closeCodes } from '@cokernel/proto/hub';
import type { MetricsText } from '../gateway/probes.js';
import type { Arrival, AskedRequest, Serving } from '../gateway/serving.js';
import { answerNotLeading, answerUnavailable } from '../link/unavailable.js';

/** Longer than a lease and a start take. */
const WAIT_MS = 30_000;
const MAX_WAITING = 10_000;
const NOBODY = 'no hub serves this folder now; come back in a moment';

export interface WaitingServingOptions {
  /** Resolves when the store that the hubs share answers now. */
  readonly answers: () => Promise<void>;
  /** Of this hub while it does not lead. */
  readonly metrics: MetricsText;
}

export class WaitingServing implements Serving {
  private leader: Serving | null = null;
  private isStopped = false;
  private readonly waiting = new Set<(leader: Serving | null) => void>();

  constructor(private readonly options: WaitingServingOptions) {}

  /** Null: nobody is known to lead. */
  ledBy(leader: Serving | null): void {
    this.leader = leader;
    if (leader === null) return;
    for (const go of [...this.waiting]) go(leader);
  }

  /** This hub leaves: who waits is sent to another, and nobody waits any more. Can be called twice. */
  stop(): void {
    this.isStopped = true;
    this.leader = null;
    for (const go of [...this.waiting]) go(null);
  }

  answer(asked: AskedRequest): void {
    this.whenLed((leader) => {
      if (asked.response.destroyed) return;
      if (leader !== null) leader.answer(asked);
      else if (this.isStopped) answerNotLeading(asked.response);
      else answerUnavailable(asked.response, NOBODY);
    });
  }

  enter(arrival: Arrival): Promise<void> {
    return new Promise((resolve) => {
      this.whenLed((leader) => {
        if (leader !== null) return resolve(leader.enter(arrival));
        arrival.socket.close(closeCodes.restart, NOBODY);
        resolve();
      });
    });
  }

  missing(): Promise<readonly string[]> {
    if (this.leader !== null) return this.leader.missing();
    return this.options.answers().then(
      () => ['leader'],
      () => ['redis', 'leader'],
    );
  }

  get metrics(): MetricsText {
    return this.leader?.metrics ?? this.options.metrics;
  }

  /** Calls it once, with null when nobody led in time. */
  private whenLed(call: (leader: Serving | null) => void): void {
    if (this.leader !== null || this.isStopped || this.waiting.size >= MAX_WAITING) return call(this.leader);
    const go = (leader: Serving | null): void => {
      clearTimeout(late);
      this.waiting.delete(go);
      call(leader);
    };
    const late = setTimeout(() => go(null), WAIT_MS);
    this.waiting.add(go);
  }
}
