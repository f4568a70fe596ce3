/**
 * The two connections to Redis that a hub has: one for steps, one that listens. Both reconnect by themselves, with a
 * growing pause; while one is down, steps are refused at once with QueueUnavailable rather than kept for later. A step
 * that was under way when its connection broke, or that isn't answered in time, is refused the same way: it did or
 * did not happen.
 */
import { createClient, ErrorReply, RESP_TYPES } from 'redis';
import type { Logger } from 'pino';
import { z } from 'zod';
import { QueueUnavailable } from '../../run/run-queue.js';
import type { Script, Scripts, StepName } from './script-texts.js';

export type RedisStatus = { readonly connected: true } | { readonly connected: false; readonly reason: string };

export interface RedisConnectionOptions {
  /** `redis://…` or `rediss://…`. */
  readonly url: string;
  readonly scripts: Scripts;
  /** Told each time that it changes; the first when the first attempt has ended. */
  readonly onStatus: (status: RedisStatus) => void;
  /** Told how long each step took, or that it was not answered or refused. */
  readonly onStep?: (milliseconds: number, isAnswered: boolean) => void;
  readonly log: Logger;
}

/** How long to wait before the next attempt: soon at first, and never so long that a person would wonder. */
const reconnectPauseMs = { first: 50, most: 2_000 } as const;

/** Longer than any step takes; a server that is stopped or cut off would else hold steps for ever. */
const answerLimitMs = 10_000;

/** Replies that say that Redis can't do it now, rather than that a script is wrong. */
const unavailable = /^(LOADING|READONLY|MASTERDOWN|CLUSTERDOWN|OOM|MISCONF|TRYAGAIN|NOAUTH|WRONGPASS|NOPERM|BUSY)\b/;

const Answer = z.string();

type Listener = (message: string) => void;

function newClient(url: string, disableOfflineQueue: boolean) {
  return createClient({
    url,
    disableOfflineQueue,
    pingInterval: 5_000,
    socket: {
      connectTimeout: 5_000,
      reconnectStrategy: (retries) => Math.min(reconnectPauseMs.first * 2 ** retries, reconnectPauseMs.most),
    },
  });
}
type Client = ReturnType<typeof newClient>;

export class RedisConnection {
  readonly #options: RedisConnectionOptions;
  readonly #steps: Client;
  readonly #listening: Client;
  readonly #onConnected = new Set<() => void>();
  #status: RedisStatus | null = null;
  #closed = false;

  constructor(options: RedisConnectionOptions) {
    this.#options = options;
    this.#steps = newClient(options.url, true);
    this.#listening = newClient(options.url, false);
  }

  /** Begins to connect, and goes on until it has or is closed. */
  start(): void {
    for (const client of [this.#steps, this.#listening]) {
      client.on('error', (error: unknown) => {
        this.#setStatus({ connected: false, reason: this.#describe(error) });
      });
      client.on('ready', () => {
        if (this.#steps.isReady && this.#listening.isReady) this.#setStatus({ connected: true });
      });
      client.connect().catch((error: unknown) => {
        if (!this.#closed) this.#options.log.error({ err: error }, 'gave up connecting to Redis');
      });
    }
  }

  /** Resolves when both connections stand for the first time from now on. */
  connected(): Promise<void> {
    if (this.#status?.connected === true) return Promise.resolve();
    return new Promise((resolve) => {
      const stop = this.onConnected(() => {
        stop();
        resolve();
      });
    });
  }

  /** Resolves when Redis answers and changes are heard. */
  async answers(): Promise<void> {
    if (this.#status?.connected === false) throw new QueueUnavailable(this.#status.reason);
    await this.#guard(() => this.#steps.ping());
  }

  /** Whether Redis has each change on its disk before it answers; null: it does not tell, or can't be reached. */
  async keepsEachChange(): Promise<boolean | null> {
    try {
      const { appendonly, appendfsync } = await this.#guard(() => this.#steps.configGet('append*'));
      return appendonly === 'yes' && appendfsync === 'always';
    } catch (error) {
      // Not everybody may ask for the configuration of a Redis that others run.
      this.#options.log.debug({ err: error }, 'Redis does not tell how it keeps changes');
      return null;
    }
  }

  /** Calls each time that both connections stand again. */
  onConnected(listener: () => void): () => void {
    this.#onConnected.add(listener);
    return () => this.#onConnected.delete(listener);
  }

  /** Runs one step; its answer as text. */
  run(name: StepName, keys: readonly string[], args: readonly (string | Buffer)[]): Promise<string> {
    const script = this.#options.scripts.get(name);
    if (script === undefined) throw new Error(`There is no step ${name}.`);
    const options = { keys: [...keys], arguments: [...args] };
    return this.#guard(() => this.#evaluate(script, options));
  }

  /** The stream's entries from the id on: the text of each change. */
  changesFrom(stream: string, id: string): Promise<readonly string[]> {
    return this.#guard(async () => {
      const entries = await this.#steps.xRange(stream, id, '+');
      return (entries ?? []).flatMap(({ message }) => message['change'] ?? []);
    });
  }

  /** The entries of a list from one place to another, both included, as bytes. */
  listed(list: string, from: number, to: number): Promise<readonly Buffer[]> {
    return this.#guard(() => this.#bytes().lRange(list, from, to));
  }

  /** The names in a hash. */
  namesIn(hash: string): Promise<readonly string[]> {
    return this.#guard(() => this.#steps.hKeys(hash));
  }

  /** What stands under a name in a hash, as bytes. */
  bytesIn(hash: string, name: string): Promise<Buffer | null> {
    return this.#guard(() => this.#bytes().hGet(hash, name));
  }

  /** Resolves when messages of the channel are heard; rejects when the connection broke meanwhile. */
  async listen(channel: string, listener: Listener): Promise<void> {
    await this.#listening.subscribe(channel, listener);
  }

  async unlisten(channel: string, listener: Listener): Promise<void> {
    if (this.#closed) return;
    await this.#listening.unsubscribe(channel, listener);
  }

  /** Can be called twice. */
  close(): Promise<void> {
    if (this.#closed) return Promise.resolve();
    this.#closed = true;
    this.#onConnected.clear();
    this.#steps.destroy();
    this.#listening.destroy();
    return Promise.resolve();
  }

  async #evaluate(script: Script, options: { keys: string[]; arguments: (string | Buffer)[] }): Promise<string> {
    try {
      return Answer.parse(await this.#steps.evalSha(script.sha1, options));
    } catch (error) {
      if (!(error instanceof ErrorReply) || !error.message.startsWith('NOSCRIPT')) throw error;
      return Answer.parse(await this.#steps.eval(script.text, options));
    }
  }

  #bytes() {
    return this.#steps.withTypeMapping({ [RESP_TYPES.BLOB_STRING]: Buffer });
  }

  async #guard<T>(step: () => Promise<T>): Promise<T> {
    if (this.#closed) throw new QueueUnavailable('The connection to Redis is closed.');
    const { promise: late, cancel } = rejectAfter(answerLimitMs);
    const began = performance.now();
    let isAnswered = false;
    try {
      const answer = await Promise.race([step(), late]);
      isAnswered = true;
      return answer;
    } catch (error) {
      if (error instanceof ErrorReply && !unavailable.test(error.message)) throw error;
      throw new QueueUnavailable(this.#describe(error), { cause: error });
    } finally {
      cancel();
      this.#options.onStep?.(performance.now() - began, isAnswered);
    }
  }

  #setStatus(status: RedisStatus): void {
    const before = this.#status;
    const isNews =
      before?.connected !== status.connected ||
      (!status.connected && !before.connected && status.reason !== before.reason);
    if (this.#closed || !isNews) return;
    this.#status = status;
    this.#options.onStatus(status);
    if (status.connected) for (const listener of [...this.#onConnected]) listener();
  }

  /** Names the server, never its password. */
  #describe(error: unknown): string {
    const { host } = new URL(this.#options.url);
    const cause: unknown = error instanceof AggregateError ? error.errors[0] : error;
    const text = cause instanceof Error ? cause.message : String(cause);
    return `Redis at ${host} is out of reach: ${text}`;
  }
}

function rejectAfter(limitMs: number): { readonly promise: Promise<never>; readonly cancel: () => void } {
  let cancel = (): void => undefined;
  const promise = new Promise<never>((_, reject) => {
    const timer = setTimeout(() => {
      reject(new Error(`no answer for ${String(limitMs / 1_000)} s`));
    }, limitMs);
    cancel = () => {
      clearTimeout(timer);
    };
  });
  return { promise, cancel };
}
