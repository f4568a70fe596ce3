/**
 * Whether a hub can serve now. Each part that it needs is asked; one that does not answer in time counts as missing, and is
 * not asked again before it has answered: who asks often can't make a broken part worse.
 */
import { messageOf } from './errors.js';
import type { SessionLog } from './run/kernel-session-options.js';
import { endsWithin } from './within.js';

export interface ReadinessOptions {
  /** By name: rejects with why the part is out of reach. The names are told to everybody, the reasons stay in the log. */
  readonly parts: Readonly<Record<string, () => Promise<unknown>>>;
  /** Shorter than a proxy or Kubernetes waits for an answer (2,000). */
  readonly limitMs: number;
  readonly log: Pick<SessionLog, 'info' | 'warn'>;
}

export class Readiness {
  private readonly asked = new Map<string, Promise<string | null>>();
  private readonly away = new Set<string>();
  private stopping = false;

  constructor(private readonly options: ReadinessOptions) {}

  /** From now on the hub counts as leaving. */
  stops(): void {
    this.stopping = true;
  }

  /** What is missing; nothing when the hub can serve. */
  async missing(): Promise<readonly string[]> {
    const parts = Object.entries(this.options.parts);
    const missing = await Promise.all(parts.map(async ([part, ask]) => ((await this.isThere(part, ask)) ? [] : part)));
    return this.stopping ? ['stopping'] : missing.flat();
  }

  private async isThere(part: string, ask: () => Promise<unknown>): Promise<boolean> {
    const { limitMs } = this.options;
    const answer = this.asked.get(part) ?? this.ask(part, ask);
    const reason = (await endsWithin(answer, limitMs)) ? await answer : `no answer for ${String(limitMs)} ms`;
    this.noteChange(part, reason);
    return reason === null;
  }

  /** Why the part is out of reach; null when it is there. Never rejects. */
  private ask(part: string, ask: () => Promise<unknown>): Promise<string | null> {
    const answer = ask()
      .then(() => null, messageOf)
      .finally(() => this.asked.delete(part));
    this.asked.set(part, answer);
    return answer;
  }

  private noteChange(part: string, reason: string | null): void {
    const { log } = this.options;
    if (reason === null) {
      if (this.away.delete(part)) log.info({ part }, 'a part that was out of reach is there again');
    } else if (!this.away.has(part)) {
      this.away.add(part);
      log.warn({ part, reason }, 'the hub is not ready: a part is out of reach');
    }
  }
}
