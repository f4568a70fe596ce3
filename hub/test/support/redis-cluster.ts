/** A Redis Cluster of a test's own: three servers, each with a third of the slots. */
import { createClient } from 'redis';
import { type RedisServer, startRedisServer } from './redis-server.js';
import { waitUntil } from './wait-until.js';

export interface RedisCluster {
  /** Names all nodes. */
  readonly url: string;
  readonly nodes: readonly RedisServer[];
  /** Of the node that has the slot of this key. */
  ownerOf(key: string): Promise<RedisServer>;
  /** Resolves when all nodes say that the cluster is well. */
  isWell(): Promise<void>;
  remove(): Promise<void>;
}

const SLOTS = 16_384;

export async function startRedisCluster(): Promise<RedisCluster> {
  const nodes = await Promise.all([0, 1, 2].map(() => startRedisServer({ isNode: true })));
  const [first] = nodes;
  for (const [index, node] of nodes.entries()) {
    const from = Math.ceil((index * SLOTS) / nodes.length);
    const to = Math.ceil(((index + 1) * SLOTS) / nodes.length) - 1;
    await ask(node, 'CLUSTER', 'ADDSLOTSRANGE', String(from), String(to));
    await ask(node, 'CLUSTER', 'SET-CONFIG-EPOCH', String(index + 1));
    if (node !== first) await ask(node, 'CLUSTER', 'MEET', '127.0.0.1', portOf(first), busOf(first));
  }
  const cluster: RedisCluster = {
    url: `redis://${nodes.map(({ port }) => `127.0.0.1:${String(port)}`).join(',')}`,
    nodes,
    ownerOf: async (key) => {
      const owner = await Promise.all(nodes.map((node) => isOwner(node, key)));
      const node = nodes[owner.indexOf(true)];
      if (node === undefined) throw new Error(`no node has the slot of ${key}`);
      return node;
    },
    isWell: async () => {
      for (const node of nodes) await waitUntil('the cluster is well', () => saysWell(node, nodes.length));
    },
    remove: async () => {
      await Promise.all(nodes.map((node) => node.remove()));
    },
  };
  await cluster.isWell();
  return cluster;
}

export interface Move {
  readonly to: RedisServer;
  /** Moves the rest, and tells all nodes. */
  end(): Promise<void>;
}

/** Moves the first of the keys that have the slot of this one to another node. */
export async function beginToMove({ nodes, ownerOf }: RedisCluster, key: string): Promise<Move> {
  const from = await ownerOf(key);
  const [to] = nodes.filter((node) => node !== from);
  if (to === undefined) throw new Error('there is no other node');
  const slot = String(await ask(from, 'CLUSTER', 'KEYSLOT', key));
  const [fromId, toId] = [await idOf(from), await idOf(to)];
  await ask(to, 'CLUSTER', 'SETSLOT', slot, 'IMPORTING', fromId);
  await ask(from, 'CLUSTER', 'SETSLOT', slot, 'MIGRATING', toId);
  const [first = '', ...others] = (await ask(from, 'CLUSTER', 'GETKEYSINSLOT', slot, '100')) as string[];
  const migrate = (keys: readonly string[]): Promise<unknown> =>
    ask(from, 'MIGRATE', '127.0.0.1', String(to.port), '', '0', '5000', 'KEYS', ...keys);
  await migrate([first]);
  return {
    to,
    end: async () => {
      await migrate(others);
      for (const node of [to, from, ...nodes]) await ask(node, 'CLUSTER', 'SETSLOT', slot, 'NODE', toId);
    },
  };
}

async function idOf(node: RedisServer): Promise<string> {
  return String(await ask(node, 'CLUSTER', 'MYID'));
}

/** One command on one node. */
export async function ask(node: RedisServer, ...command: readonly string[]): Promise<unknown> {
  const client = await createClient({ url: node.url }).connect();
  try {
    return await client.sendCommand(command);
  } finally {
    client.destroy();
  }
}

const portOf = (node: RedisServer | undefined): string => String(node?.port);
const busOf = (node: RedisServer | undefined): string => String(node?.busPort);

async function saysWell(node: RedisServer, count: number): Promise<boolean> {
  const info = String(await ask(node, 'CLUSTER', 'INFO'));
  const nodes = String(await ask(node, 'CLUSTER', 'NODES'));
  const connected = nodes.split('\n').filter((line) => line.includes(' connected '));
  return info.includes('cluster_state:ok') && connected.length === count;
}

/** Another node says where the key is. */
function isOwner(node: RedisServer, key: string): Promise<boolean> {
  return ask(node, 'EXISTS', key).then(
    () => true,
    () => false,
  );
}
