/**
 * Messages as a stream that can be written too: what comes can be subscribed to, `next` sends, `complete` gives up what the
 * stream had opened. Guarantees that closing happens once, however often and by whomever it is asked for, and that a
 * message which is refused ends nothing.
 */
import type { KernelMessage } from '@cokernel/proto/jupyter';
import { Observable, Subject, type Observer } from 'rxjs';

export interface KernelStreamOptions {
  /** Throws when it refuses. */
  readonly send: (message: KernelMessage) => void;
  /** Called once. */
  readonly onComplete: () => void;
  /** What was piped into `next` broke: a developer should know. */
  readonly log: (message: string) => void;
}

export class KernelStream extends Observable<KernelMessage> implements Observer<KernelMessage> {
  readonly #incoming: Subject<KernelMessage>;
  #completed = false;

  constructor(private readonly options: KernelStreamOptions) {
    const incoming = new Subject<KernelMessage>();
    super((subscriber) => incoming.subscribe(subscriber));
    this.#incoming = incoming;
  }

  get completed(): boolean {
    return this.#completed;
  }

  /** Sends. Throws MessageRefused. */
  next(message: KernelMessage): void {
    this.options.send(message);
  }

  /** A source that breaks must not break the readers of what comes. */
  error(reason: unknown): void {
    this.options.log(`what was to be sent to the kernel broke off: ${String(reason)}`);
    this.complete();
  }

  complete(): void {
    if (this.#completed) return;
    this.#completed = true;
    this.#incoming.complete();
    this.options.onComplete();
  }

  /** Hands a message that came to the readers. */
  receive(message: KernelMessage): void {
    this.#incoming.next(message);
  }
}
