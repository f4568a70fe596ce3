/**
 * Pure: how a Redis is named, `redis://[user][:password@]host[:port][/database]` (`rediss://…`: by TLS). Several hosts, separated by
 * commas, are nodes of one Redis Cluster, of which any that answers tells the rest; `?cluster=1` says so of a single
 * one. User and password hold for all nodes.
 */
export type RedisAddress = ServerAddress | ClusterAddress;

interface ServerAddress {
  readonly kind: 'server';
  readonly url: string;
  /** To be shown: no secret stands in it. */
  readonly place: string;
}

export interface ClusterAddress {
  readonly kind: 'cluster';
  /** One for each node that was named, at least one. */
  readonly urls: readonly string[];
  readonly place: string;
}

export type ParsedRedisAddress =
  { readonly isGood: true; readonly address: RedisAddress } | { readonly isGood: false; readonly reason: string };

/** Scheme, user and password, hosts, database, query. */
const SHAPE = /^(rediss?:\/\/)([^/?#]*@)?([^/?#@]+)(?:\/(\d*))?(\?[^#]*)?$/;

export function parseRedisAddress(text: string): ParsedRedisAddress {
  const [, scheme = '', secret = '', hosts = '', database = '', query = ''] = SHAPE.exec(text) ?? [];
  const urls = hosts.split(',').map((host) => `${scheme}${secret}${host}`);
  if (hosts === '' || !urls.every((url) => URL.canParse(url) && new URL(url).hostname !== '')) {
    return bad(`a Redis is named by an address such as redis://127.0.0.1:6379, not '${withoutSecrets(text)}'`);
  }
  const options = [...new URLSearchParams(query)];
  if (options.some(([name, value]) => name !== 'cluster' || value !== '1')) {
    return bad(`the address of a Redis can end in ?cluster=1, not in '${query}'`);
  }
  const [first = '', ...others] = urls;
  if (others.length === 0 && options.length === 0) {
    const url = database === '' ? first : `${first}/${database}`;
    return { isGood: true, address: { kind: 'server', url, place: hosts } };
  }
  if (Number(database) !== 0) return bad(`a Redis Cluster has database 0 alone, not ${database}`);
  return { isGood: true, address: { kind: 'cluster', urls, place: hosts.replaceAll(',', ', ') } };
}

/** Of an address that was found good before; else throws, and names no secret. */
export function redisAddressOf(text: string): RedisAddress {
  const parsed = parseRedisAddress(text);
  if (!parsed.isGood) throw new Error(parsed.reason);
  return parsed.address;
}

function bad(reason: string): ParsedRedisAddress {
  return { isGood: false, reason };
}

function withoutSecrets(text: string): string {
  return text.replace(/^.*@/s, '…@').replace(/\?.*$/s, '?…');
}
