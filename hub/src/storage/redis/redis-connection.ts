/**
 * A hub's connection to Redis, one server or a cluster. It reconnects by itself, with a growing pause; while a server is
 * away, steps on it are refused at once with QueueUnavailable rather than kept for later. A step that was under way when
 * its connection broke, or that isn't answered in time, is refused the same way: it did or did not happen.
 */
import { ErrorReply } from 'redis';
import type { Logger } from 'pino';
import { z } from 'zod';
import { type RedisAddress, redisAddressOf } from '../../redis-address.js';
import { QueueUnavailable } from '../../run/run-queue.js';
import { ClusterLink } from './cluster-link.js';
import type { MessageListener, RedisLink, RedisServer } from './redis-link.js';
import type { Scripts, StepName } from './script-texts.js';
import { ServerLink } from './server-link.js';

export type RedisStatus = { readonly connected: true } | { readonly connected: false; readonly reason: string };

export interface RedisConnectionOptions {
  /** As redis-address.ts has it. */
  readonly url: string;
  readonly scripts: Scripts;
  /** Told each time that it changes; the first when the first attempt has ended. */
  readonly onStatus: (status: RedisStatus) => void;
  /** Told how long each step took, or that it was not answered or refused. */
  readonly onStep?: (milliseconds: number, isAnswered: boolean) => void;
  readonly log: Logger;
}

/** Longer than any step takes; a server that is stopped or cut off would else hold steps for ever. */
const answerLimitMs = 10_000;

/** Replies that say that Redis can't do it now, rather than that a script is wrong. */
const unavailable =
  /^(LOADING|READONLY|MASTERDOWN|CLUSTERDOWN|OOM|MISCONF|TRYAGAIN|NOAUTH|WRONGPASS|NOPERM|BUSY|MOVED|ASK)\b/;

const Text = z.string();
const Texts = z.array(z.string());

export class RedisConnection {
  readonly #options: RedisConnectionOptions;
  readonly #address: RedisAddress;
  readonly #link: RedisLink;
  readonly #onConnected = new Set<() => void>();
  #status: RedisStatus | null = null;
  /** Counts the times that the link stood or broke. */
  #turn = 0;
  #closed = false;

  constructor(options: RedisConnectionOptions) {
    this.#options = options;
    this.#address = redisAddressOf(options.url);
    const events = {
      onReady: () => this.#stands(),
      onBroken: (error: unknown) => this.#broke(error),
    };
    this.#link =
      this.#address.kind === 'cluster'
        ? new ClusterLink(this.#address, events, options.log)
        : new ServerLink(this.#address.url, events, options.log);
  }

  /** Begins to connect, and goes on until it has or is closed. */
  start(): void {
    this.#link.start();
  }

  /** Resolves when all stands for the first time from now on. */
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
    await this.#guard(() => this.#ofEachServer((server) => server.ping()));
  }

  /** Whether Redis has each change on its disk before it answers; null: it does not tell, or can't be reached. */
  async keepsEachChange(): Promise<boolean | null> {
    try {
      const found = await this.#guard(() => this.#ofEachServer((server) => server.configGet('append*')));
      return found.every(({ appendonly, appendfsync }) => appendonly === 'yes' && appendfsync === 'always');
    } catch (error) {
      // Not everybody may ask for the configuration of a Redis that others run.
      this.#options.log.debug({ err: error }, 'Redis does not tell how it keeps changes');
      return null;
    }
  }

  /** Calls each time that all stands again. */
  onConnected(listener: () => void): () => void {
    this.#onConnected.add(listener);
    return () => this.#onConnected.delete(listener);
  }

  /** Runs one step; its answer as text. */
  async run(name: StepName, keys: readonly string[], args: readonly (string | Buffer)[]): Promise<string> {
    return Text.parse(await this.#evaluate(name, keys, args));
  }

  /** Runs one step that answers a list. */
  async list(name: StepName, keys: readonly string[], args: readonly string[]): Promise<readonly string[]> {
    return Texts.parse(await this.#evaluate(name, keys, args));
  }

  /** The entries of a list from one place to another, both included, as bytes. */
  listed(list: string, from: number, to: number): Promise<readonly Buffer[]> {
    return this.#guard(() => this.#link.bytesOf(list).lRange(list, from, to));
  }

  /** The names in a hash. */
  namesIn(hash: string): Promise<readonly string[]> {
    return this.#guard(() => this.#link.stepsOn(hash).hKeys(hash));
  }

  /** What stands under a name in a hash, as bytes. */
  bytesIn(hash: string, name: string): Promise<Buffer | null> {
    return this.#guard(() => this.#link.bytesOf(hash).hGet(hash, name));
  }

  /** Resolves when messages of the channel are heard; rejects when the connection broke meanwhile. */
  async listen(channel: string, listener: MessageListener): Promise<void> {
    await this.#link.listen(channel, listener);
  }

  async unlisten(channel: string, listener: MessageListener): Promise<void> {
    if (this.#closed) return;
    await this.#link.unlisten(channel, listener);
  }

  /** Can be called twice. */
  close(): Promise<void> {
    if (this.#closed) return Promise.resolve();
    this.#closed = true;
    this.#onConnected.clear();
    this.#link.close();
    return Promise.resolve();
  }

  #evaluate(name: StepName, keys: readonly string[], args: readonly (string | Buffer)[]): Promise<unknown> {
    const script = this.#options.scripts.get(name);
    if (script === undefined) throw new Error(`There is no step ${name}.`);
    const options = { keys: [...keys], arguments: [...args] };
    const steps = this.#link.stepsOn(keys[0] ?? '');
    return this.#guard(async () => {
      try {
        return await steps.evalSha(script.sha1, options);
      } catch (error) {
        if (!(error instanceof ErrorReply) || !error.message.startsWith('NOSCRIPT')) throw error;
        return await steps.eval(script.text, options);
      }
    });
  }

  async #ofEachServer<T>(ask: (server: RedisServer) => Promise<T>): Promise<readonly T[]> {
    return Promise.all((await this.#link.servers()).map(ask));
  }

  async #guard<T>(step: () => Promise<T>): Promise<T> {
    if (this.#closed) throw new QueueUnavailable('The connection to Redis is closed.');
    const began = performance.now();
    let isAnswered = false;
    try {
      const answer = await answeredWithin(answerLimitMs, step());
      isAnswered = true;
      return answer;
    } catch (error) {
      if (error instanceof ErrorReply && !unavailable.test(error.message)) throw error;
      this.#link.doubt(error);
      throw new QueueUnavailable(this.#describe(error), { cause: error });
    } finally {
      this.#options.onStep?.(performance.now() - began, isAnswered);
    }
  }

  /** A Redis that was started anew knows no script; a step that had to be sent again with its text would come behind later ones. */
  #stands(): void {
    this.#turn += 1;
    const turn = this.#turn;
    this.#loadScripts()
      .catch((error: unknown) => this.#options.log.debug({ err: error }, 'the scripts could not be loaded'))
      .finally(() => {
        if (turn === this.#turn) this.#setStatus({ connected: true });
      });
  }

  #broke(error: unknown): void {
    this.#turn += 1;
    this.#setStatus({ connected: false, reason: this.#describe(error) });
  }

  async #loadScripts(): Promise<void> {
    const texts = [...this.#options.scripts.values()].map(({ text }) => text);
    const servers = await this.#link.servers();
    await Promise.all(servers.flatMap((server) => texts.map((text) => server.scriptLoad(text))));
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

  /** Names the servers, never their password. */
  #describe(error: unknown): string {
    const cause: unknown = error instanceof AggregateError ? error.errors[0] : error;
    const text = cause instanceof Error ? cause.message : String(cause);
    const isNode = this.#address.kind === 'server' && text.startsWith('MOVED');
    const why = isNode ? 'it is a node of a Redis Cluster; let its address end in ?cluster=1' : text;
    return `Redis at ${this.#address.place} is out of reach: ${why}`;
  }
}

function answeredWithin<T>(limitMs: number, answer: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`no answer for ${String(limitMs / 1_000)} s`)), limitMs);
    answer.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}
