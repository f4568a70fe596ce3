/** The stores of run queues, to be compared with the model for long: an embedded one in a folder, a Redis server's, a cluster's. */
import { join } from 'node:path';
import { pino } from 'pino';
import { openEmbeddedStore } from '../../src/storage/embedded/open-embedded-store.js';
import { openRedis } from '../support/open-redis.js';
import { type RedisCluster, startRedisCluster } from '../support/redis-cluster.js';
import { type RedisServer, startRedisServer } from '../support/redis-server.js';
import { compareWithModel, type Compared } from './queue-comparison.js';

const log = pino({ level: 'silent' });

export const adapters = ['embedded', 'Redis', 'Redis Cluster'] as const;
type Adapter = (typeof adapters)[number];

export class QueueModelStage {
  private constructor(
    private readonly folder: string,
    private readonly server: RedisServer,
    private readonly cluster: RedisCluster,
  ) {}

  static async open(folder: string): Promise<QueueModelStage> {
    return new QueueModelStage(folder, await startRedisServer(), await startRedisCluster());
  }

  compare(adapter: Adapter, seed: number, sequences: number): Promise<Compared> {
    const opens = {
      embedded: () => this.openEmbedded(),
      Redis: () => openRedis(this.server.url),
      'Redis Cluster': () => openRedis(this.cluster.url),
    };
    return compareWithModel(opens[adapter], { seed, sequences });
  }

  async stop(): Promise<void> {
    await this.server.remove();
    await this.cluster.remove();
  }

  private openEmbedded() {
    const onNotice = ({ message }: { readonly message: string }): never => {
      throw new Error(`unexpected notice: ${message}`);
    };
    return openEmbeddedStore({ directory: join(this.folder, 'store'), onNotice, log });
  }
}
