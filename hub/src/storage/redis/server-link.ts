/**
 * One Redis server: a few connections for steps, and one that listens. Redis reads so many bytes of each connection before it does what it
 * read, has it on its disk and answers: with a few of them one sync of the disk serves the steps of many kernels.
 */
import { createClient, RESP_TYPES } from 'redis';
import type { Logger } from 'pino';
import {
  type MessageListener,
  PING_INTERVAL_MS,
  commandOptions,
  type RedisBytes,
  type RedisLink,
  type RedisLinkEvents,
  type RedisServer,
  type RedisSteps,
  reconnecting,
} from './redis-link.js';

function newClient(url: string, disableOfflineQueue: boolean) {
  return createClient({
    url,
    disableOfflineQueue,
    pingInterval: PING_INTERVAL_MS,
    socket: reconnecting,
    commandOptions,
  });
}
type Client = ReturnType<typeof newClient>;

/** Of steps. More join more kernels' steps in one sync; each is one that must stand for the hub to go on. */
const CONNECTIONS = 8;

export class ServerLink implements RedisLink {
  readonly #steps: readonly Client[];
  readonly #listening: Client;
  #closed = false;

  constructor(
    url: string,
    private readonly events: RedisLinkEvents,
    private readonly log: Logger,
  ) {
    this.#steps = Array.from({ length: CONNECTIONS }, () => newClient(url, true));
    this.#listening = newClient(url, false);
  }

  stepsOn(key: string): RedisSteps {
    return this.#clientOf(key);
  }

  bytesOf(key: string): RedisBytes {
    return this.#clientOf(key).withTypeMapping({ [RESP_TYPES.BLOB_STRING]: Buffer });
  }

  start(): void {
    const clients = [...this.#steps, this.#listening];
    for (const client of clients) {
      client.on('error', this.events.onBroken);
      client.on('ready', () => {
        if (clients.every(({ isReady }) => isReady)) this.events.onReady();
      });
      client.connect().catch((error: unknown) => {
        if (!this.#closed) this.log.error({ err: error }, 'gave up connecting to Redis');
      });
    }
  }

  servers(): Promise<readonly RedisServer[]> {
    return Promise.resolve(this.#steps);
  }

  /** All connections tell by themselves when they break. */
  doubt(): void {}

  async listen(channel: string, listener: MessageListener): Promise<void> {
    await this.#listening.subscribe(channel, listener);
  }

  async unlisten(channel: string, listener: MessageListener): Promise<void> {
    await this.#listening.unsubscribe(channel, listener);
  }

  close(): void {
    this.#closed = true;
    for (const client of [...this.#steps, this.#listening]) client.destroy();
  }

  /** One and the same for all keys with one tag, so that their steps happen in the order in which they were sent. */
  #clientOf(key: string): Client {
    let sum = 0;
    for (let index = key.indexOf('{') + 1; index < key.length && key[index] !== '}'; index += 1) {
      sum = (sum * 31 + key.charCodeAt(index)) % 65_521;
    }
    const client = this.#steps[sum % this.#steps.length];
    if (client === undefined) throw new Error('there is no connection to Redis');
    return client;
  }
}
