/**
 * A kernel process that a former keeper started: no child of this one, so that its end is found by looking, and how it
 * ended stays unknown. What is left of its group is killed then, as for a child.
 */
import { stillRuns, type ProcessIdentity } from './process-identity.js';
import { signalGroup, tailOf, type RunningProcess } from './running-process.js';

export interface TakenOverProcessOptions {
  readonly identity: ProcessIdentity;
  readonly stderrPath: string;
  /** A look reads a file of /proc, or sends signal 0; an end is seen so late at most. */
  readonly lookEveryMs: number;
}

export class TakenOverProcess implements RunningProcess {
  readonly ended: Promise<string>;
  #hasEnded = false;
  #timer: NodeJS.Timeout | null = null;
  #tellEnd: (reason: string) => void = () => undefined;

  constructor(private readonly options: TakenOverProcessOptions) {
    this.ended = new Promise((resolve) => {
      this.#tellEnd = resolve;
    });
  }

  get pid(): number {
    return this.options.identity.pid;
  }

  get hasEnded(): boolean {
    return this.#hasEnded;
  }

  start(): Promise<void> {
    this.#timer = setInterval(() => this.#look(), this.options.lookEveryMs);
    this.#look();
    return Promise.resolve();
  }

  signal(signal: NodeJS.Signals): void {
    this.#look();
    if (!this.#hasEnded) signalGroup(this.pid, signal);
  }

  stderrTail(): Promise<string> {
    return tailOf(this.options.stderrPath, 0);
  }

  #look(): void {
    if (this.#hasEnded || stillRuns(this.options.identity)) return;
    this.#hasEnded = true;
    if (this.#timer !== null) clearInterval(this.#timer);
    signalGroup(this.pid, 'SIGKILL');
    this.#tellEnd('an exit code that nobody was there to see');
  }
}
