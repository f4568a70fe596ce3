/**
 * ChangeFeed: the changes of one kernel's queue, whichever hub made them: each once, in order. They come by pub/sub;
 * one that was missed is read from the stream by its number. When the stream no longer has it, or the queue began
 * anew, the listener is told the whole queue as one change, without the runs that ended meanwhile.
 */
import type { KernelId } from '@cokernel/proto/hub';
import type { Logger } from 'pino';
import type { QueueChange, QueueSnapshot } from '../../run/run-queue.js';
import { queueKeys } from './keys.js';
import { applyDelta, parseDelta, parseDeltas, type QueueDelta } from './queue-delta.js';
import type { RedisConnection } from './redis-connection.js';
import { parseSnapshot } from './stored-views.js';

export interface ChangeFeedOptions {
  readonly kernelId: KernelId;
  readonly connection: RedisConnection;
  readonly onChange: (change: QueueChange) => void;
  readonly log: Logger;
}

export class ChangeFeed {
  readonly #options: ChangeFeedOptions;
  /** As it was told last; null until it was read. */
  #known: QueueSnapshot | null = null;
  /** What comes is handled one after the other. */
  #line: Promise<void> = Promise.resolve();
  #listening = false;
  #stopListeningForConnection: (() => void) | null = null;
  #stopped = false;

  constructor(options: ChangeFeedOptions) {
    this.#options = options;
  }

  /** The queue as of this call is where the feed begins: it is asked for before any later step is sent. */
  start(): void {
    const { connection } = this.#options;
    const beginning = this.#readQueue();
    this.#pass(async () => {
      this.#known = await beginning;
      await this.#listen();
    });
    this.#stopListeningForConnection = connection.onConnected(() => {
      this.#pass(() => this.#listen());
    });
  }

  /** Can be called twice. */
  stop(): void {
    if (this.#stopped) return;
    this.#stopped = true;
    this.#stopListeningForConnection?.();
    this.#line = this.#line.then(() => this.#unlisten());
  }

  readonly #onMessage = (text: string): void => {
    this.#pass(() => this.#receive(parseDelta(text)));
  };

  /** A step that fails waits for the next connection, which brings the feed up to date. */
  #pass(step: () => Promise<void>): void {
    this.#line = this.#line
      .then(() => (this.#stopped ? undefined : step()))
      .catch((error: unknown) => {
        const { log, kernelId } = this.#options;
        if (!this.#stopped) log.warn({ err: error, kernelId }, 'changes of a run queue are late');
      });
  }

  async #listen(): Promise<void> {
    if (!this.#listening) {
      await this.#options.connection.listen(this.#keys.channel, this.#onMessage);
      this.#listening = true;
    }
    await this.#catchUp();
  }

  async #unlisten(): Promise<void> {
    if (!this.#listening) return;
    await this.#options.connection.unlisten(this.#keys.channel, this.#onMessage).catch((error: unknown) => {
      this.#options.log.debug({ err: error }, 'could not stop listening to a run queue');
    });
  }

  async #receive(delta: QueueDelta): Promise<void> {
    if (this.#known !== null && delta.number === this.#known.number + 1) this.#tell(applyDelta(this.#known, delta));
    else if (this.#known === null || delta.number > this.#known.number) await this.#catchUp();
  }

  async #catchUp(): Promise<void> {
    if (await this.#readStream()) return;
    const now = await this.#readQueue();
    const isAhead = this.#known !== null && now.number > this.#known.number;
    // What was changed between the two reads is in the stream by now.
    if (isAhead && (await this.#readStream())) return;
    if (this.#known?.number !== now.number) this.#tell({ snapshot: now, finished: [] });
  }

  /** Tells what the stream has behind the last known change; false when that is nothing, begins after a hole, or
   * is of runs that are gone. */
  async #readStream(): Promise<boolean> {
    if (this.#known === null) return false;
    const from = String(this.#known.number + 1);
    const deltas = parseDeltas(await this.#options.connection.run('changes', this.#keys.most, [from]));
    if (deltas[0]?.number !== this.#known.number + 1) return false;
    for (const delta of deltas) this.#tell(applyDelta(this.#known, delta));
    return true;
  }

  async #readQueue(): Promise<QueueSnapshot> {
    return parseSnapshot(await this.#options.connection.run('snapshot', this.#keys.most, []));
  }

  #tell(change: QueueChange): void {
    this.#known = change.snapshot;
    if (!this.#stopped) this.#options.onChange(change);
  }

  get #keys() {
    return queueKeys(this.#options.kernelId);
  }
}
