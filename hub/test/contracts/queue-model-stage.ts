/** Both stores of run queues, to be compared with the model for long: an embedded one in a folder, and a Redis server's. */
import { join } from 'node:path';
import { pino } from 'pino';
import { openEmbeddedStore } from '../../src/storage/embedded/open-embedded-store.js';
import { openRedisStore } from '../../src/storage/redis/open-redis-store.js';
import { startRedisServer, type RedisServer } from '../support/redis-server.js';
import { compareWithModel, type Compared } from './queue-comparison.js';

const log = pino({ level: 'silent' });

export const adapters = ['embedded', 'Redis'] as const;
type Adapter = (typeof adapters)[number];

export class QueueModelStage {
  private constructor(
    private readonly folder: string,
    private readonly server: RedisServer,
  ) {}

  static async open(folder: string): Promise<QueueModelStage> {
    return new QueueModelStage(folder, await startRedisServer());
  }

  compare(adapter: Adapter, seed: number, sequences: number): Promise<Compared> {
    const opens = { embedded: () => this.openEmbedded(), Redis: () => this.openRedis() };
    return compareWithModel(opens[adapter], { seed, sequences });
  }

  stop(): Promise<void> {
    return this.server.remove();
  }

  private openEmbedded() {
    const onNotice = ({ message }: { readonly message: string }): never => {
      throw new Error(`unexpected notice: ${message}`);
    };
    return openEmbeddedStore({ directory: join(this.folder, 'store'), onNotice, log });
  }

  private async openRedis() {
    const store = await openRedisStore({ url: this.server.url, onStatus: () => undefined, log });
    await store.connected();
    return store;
  }
}
