/** How a hub is told that it is one of many: where the others reach it, and what they must have in common. */
import { StartError } from './errors.js';

export interface PeersConfig {
  /** Where the other hubs of this folder reach this one; no path in it. */
  readonly address: string;
  /** Where they meet; as redis-address.ts has it. */
  readonly redisUrl: string;
  /** So long a hub that is gone keeps the folder to itself. */
  readonly leaseMs: number;
}

interface Said {
  readonly address: string | undefined;
  readonly leaseMs: string | undefined;
  readonly redis: string | undefined;
  readonly token: string | undefined;
  readonly documents: string | undefined;
}

/** Longer than a hub pauses; with the way back, people are without a hub for less than 5 s. */
const LEASE_MS = 3_000;
/** Shorter than a garbage collection would end it in the middle of anything. */
const LEAST_LEASE_MS = 200;

/** Null: the hub is alone. Throws `StartError`. */
export function peersOf(said: Said): PeersConfig | null {
  if (!said.address) return null;
  const url = /^https?:\/\//.test(said.address) && URL.canParse(said.address) ? new URL(said.address) : null;
  if (url === null || url.pathname !== '/' || url.search !== '' || url.username !== '') {
    throw new StartError(`other hubs reach this one by an address such as http://hub-a:8765, not '${said.address}'`, 2);
  }
  if (!said.redis) throw new StartError('hubs that are one meet in a Redis: name it by REDIS_URL', 2);
  if (!said.token) throw new StartError('hubs that are one have one token: name it by COKERNEL_TOKEN', 2);
  if (said.documents === 'folder') {
    throw new StartError('hubs that are one keep documents in Redis: COKERNEL_DOCUMENTS=folder is for one hub', 2);
  }
  return { address: url.origin, redisUrl: said.redis, leaseMs: leaseMsOf(said.leaseMs) };
}

function leaseMsOf(text: string | undefined): number {
  if (!text) return LEASE_MS;
  const leaseMs = Number(text);
  if (Number.isInteger(leaseMs) && leaseMs >= LEAST_LEASE_MS) return leaseMs;
  throw new StartError(`COKERNEL_LEASE_MS takes milliseconds from ${String(LEAST_LEASE_MS)}, not '${text}'`, 2);
}
