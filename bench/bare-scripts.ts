/**
 * The yardstick for cycles of the run queue: two scripts a cycle that keep and tell as many bytes as those of the queue, on
 * as many connections, and do nothing else. What the queue is slower by is its rules and the hub's part.
 */
import { createHash, randomUUID } from 'node:crypto';
import { createClient } from 'redis';

/** A step of the queue: it reads the head, keeps something, counts it, and tells it. */
const SCRIPT = `
local number = (redis.call('HGET', KEYS[1], 'number') or 0) + 1
redis.call('HSET', KEYS[1], 'number', number, 'last', ARGV[1])
redis.call('XADD', KEYS[2], number .. '-0', 'change', ARGV[1])
redis.call('PUBLISH', KEYS[2], ARGV[1])
return ARGV[1]`;
/** What asking, and settling with taking the next, tell, in bytes. */
const STEPS = [560, 300].map((bytes) => 'x'.repeat(bytes));
const CONNECTIONS = 8;

export interface BareCycles {
  /** Cycles a second. */
  measure(): Promise<number>;
  close(): void;
}

export async function bareCycles(url: string, kernels: number, cyclesEach: number): Promise<BareCycles> {
  const clients = await Promise.all(Array.from({ length: CONNECTIONS }, () => createClient({ url }).connect()));
  const sha1 = createHash('sha1').update(SCRIPT).digest('hex');
  await clients[0]?.scriptLoad(SCRIPT);
  const tags = Array.from({ length: kernels }, () => `bare:{k:${randomUUID()}}`);
  const work = async (tag: string, index: number): Promise<void> => {
    const client = clients[index % clients.length];
    for (let each = 0; each < cyclesEach; each += 1) {
      for (const text of STEPS)
        await client?.evalSha(sha1, { keys: [`${tag}:queue`, `${tag}:changes`], arguments: [text] });
    }
  };
  return {
    measure: async () => {
      const start = performance.now();
      await Promise.all(tags.map(work));
      return (kernels * cyclesEach * 1_000) / (performance.now() - start);
    },
    close: () => {
      for (const client of clients) client.destroy();
    },
  };
}
