/**
 * Whether the other end of a link lives. Counts beats without a sign of it, and not time: who was stopped for a while
 * itself hears first what has come meanwhile.
 */
export interface LinkTimes {
  /** Between two beats (1,000). */
  readonly everyMs: number;
  /** Beats without a sign of life after which the other end is gone: more than a hub stalls by itself (5). */
  readonly silentBeats: number;
}

export const LINK_TIMES: LinkTimes = { everyMs: 1000, silentBeats: 5 };

export interface LinkHeartbeatOptions {
  readonly times: LinkTimes;
  /** Grows with all that is heard. */
  readonly heard: () => number;
  /** Called at each beat: says something, so that the other end hears of us and answers. */
  readonly beat: () => void;
  readonly onDead: () => void;
}

export class LinkHeartbeat {
  #timer: NodeJS.Timeout | null = null;
  #heard = 0;
  #silent = 0;

  constructor(private readonly options: LinkHeartbeatOptions) {}

  /** Nothing was heard since the last beat but one. */
  get isSilent(): boolean {
    return this.#silent > 0 && this.options.heard() === this.#heard;
  }

  start(): void {
    this.#heard = this.options.heard();
    this.#timer = setInterval(() => this.#beat(), this.options.times.everyMs);
  }

  /** Can be called twice. */
  stop(): void {
    if (this.#timer !== null) clearInterval(this.#timer);
    this.#timer = null;
  }

  #beat(): void {
    const heard = this.options.heard();
    this.#silent = heard === this.#heard ? this.#silent + 1 : 0;
    this.#heard = heard;
    if (this.#silent >= this.options.times.silentBeats) this.options.onDead();
    else this.options.beat();
  }
}
