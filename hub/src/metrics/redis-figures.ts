/** How fast Redis answers this hub, and whether it does; only where a hub has one. */
import { Counter, Gauge, Histogram } from 'prom-client';
import type { Registry } from 'prom-client';

/** From a server on this machine to one that is about to be given up. */
const ANSWER_SECONDS = [0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

export class RedisFigures {
  private readonly up: Gauge;
  private readonly answers: Histogram;
  private readonly failures: Counter;

  constructor(registry: Registry) {
    const registers = [registry];
    this.up = new Gauge({ name: 'cokernel_redis_up', help: '1 while Redis is connected, else 0.', registers });
    this.answers = new Histogram({
      name: 'cokernel_redis_answer_seconds',
      help: 'How long Redis took to answer one step of this hub.',
      buckets: ANSWER_SECONDS,
      registers,
    });
    this.failures = new Counter({
      name: 'cokernel_redis_failures_total',
      help: 'Steps that Redis did not answer, or could not do.',
      registers,
    });
  }

  connected(isConnected: boolean): void {
    this.up.set(Number(isConnected));
  }

  answered(milliseconds: number): void {
    this.answers.observe(milliseconds / 1_000);
  }

  failed(): void {
    this.failures.inc();
  }
}
