/** Which hub of a cluster leads, by the lease of the folder in Redis. */
import { z } from 'zod';
import type { Cluster, ClusterHub } from '../../end-to-end/support/cluster.js';
import type { RedisReader } from './redis-reader.js';

const Record = z.object({ folder: z.string() }).nullable();
const Entry = z.object({ address: z.string() });

/** Null: none does just now. */
export async function leaderOf({ hubs }: Cluster, redis: RedisReader): Promise<ClusterHub | null> {
  const record = Record.parse(JSON.parse(String(await redis.ask('GET', 'cokernel:folder'))));
  if (record === null) return null;
  const folder = `cokernel:{f:${record.folder}}`;
  const owner = await redis.ask('HGET', `${folder}:lease`, 'owner');
  const expires = await redis.ask('HGET', `${folder}:lease`, 'expiresAtMs');
  const entry = await redis.ask('HGET', `${folder}:hubs`, String(owner));
  if (Number(expires) < Date.now() || typeof entry !== 'string') return null;
  const { address } = Entry.parse(JSON.parse(entry));
  return hubs.find(({ url }) => url === address) ?? null;
}
