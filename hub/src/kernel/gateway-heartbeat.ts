/**
 * Whether the WebSocket to a remote engine still lives: pings it, and counts every frame as a sign of life. Told once when
 * it falls silent and once when it is back; what stays silent too long is taken for dead, since TCP may not notice for
 * a quarter of an hour.
 */
export interface GatewayHeartbeatOptions {
  /** How soon people are told of silence (5,000). */
  readonly pingEveryMs: number;
  /** Longer than a busy engine may pause (20,000). */
  readonly deadAfterMs: number;
  readonly now: () => number;
  readonly ping: () => void;
  readonly onChange: (beating: boolean, sinceMs: number) => void;
  readonly onDead: () => void;
}

export class GatewayHeartbeat {
  #timer: NodeJS.Timeout | null = null;
  #lastHeardAt = 0;
  #awaits = false;
  #silenceTold = false;

  constructor(private readonly options: GatewayHeartbeatOptions) {}

  /** The connection is open. */
  start(): void {
    this.stop();
    this.heard();
    this.#timer = setInterval(() => this.#beat(), this.options.pingEveryMs);
  }

  /** The connection is broken: nothing will be heard until it is open again. */
  broken(): void {
    this.stop();
    this.#tellSilence();
  }

  /** Can be called twice. */
  stop(): void {
    if (this.#timer !== null) clearInterval(this.#timer);
    this.#timer = null;
    this.#awaits = false;
  }

  heard(): void {
    const now = this.options.now();
    if (this.#silenceTold) this.options.onChange(true, now - this.#lastHeardAt);
    this.#silenceTold = false;
    this.#awaits = false;
    this.#lastHeardAt = now;
  }

  #beat(): void {
    if (this.#awaits) this.#tellSilence();
    if (this.options.now() - this.#lastHeardAt >= this.options.deadAfterMs) return this.options.onDead();
    this.#awaits = true;
    this.options.ping();
  }

  #tellSilence(): void {
    if (this.#silenceTold) return;
    this.#silenceTold = true;
    this.options.onChange(false, this.options.now() - this.#lastHeardAt);
  }
}
