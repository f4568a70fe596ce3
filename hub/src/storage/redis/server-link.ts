/** One Redis server: a connection for steps, and one that listens. */
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

export class ServerLink implements RedisLink {
  readonly #steps: Client;
  readonly #listening: Client;
  #closed = false;

  constructor(
    url: string,
    private readonly events: RedisLinkEvents,
    private readonly log: Logger,
  ) {
    this.#steps = newClient(url, true);
    this.#listening = newClient(url, false);
  }

  get steps(): RedisSteps {
    return this.#steps;
  }

  get bytes(): RedisBytes {
    return this.#steps.withTypeMapping({ [RESP_TYPES.BLOB_STRING]: Buffer });
  }

  start(): void {
    for (const client of [this.#steps, this.#listening]) {
      client.on('error', this.events.onBroken);
      client.on('ready', () => {
        if (this.#steps.isReady && this.#listening.isReady) this.events.onReady();
      });
      client.connect().catch((error: unknown) => {
        if (!this.#closed) this.log.error({ err: error }, 'gave up connecting to Redis');
      });
    }
  }

  servers(): Promise<readonly RedisServer[]> {
    return Promise.resolve([this.#steps]);
  }

  /** Both connections tell by themselves when they break. */
  doubt(): void {}

  async listen(channel: string, listener: MessageListener): Promise<void> {
    await this.#listening.subscribe(channel, listener);
  }

  async unlisten(channel: string, listener: MessageListener): Promise<void> {
    await this.#listening.unsubscribe(channel, listener);
  }

  close(): void {
    this.#closed = true;
    this.#steps.destroy();
    this.#listening.destroy();
  }
}
