/** Which headers go from one connection to the next when a hub passes on a request or an answer. */
import type { IncomingHttpHeaders, OutgoingHttpHeaders } from 'node:http';
import { HUB_SECRET_HEADER, ROLE_HEADER } from '../gateway/peer-headers.js';

/** Of one connection alone (RFC 9110 §7.6.1). `expect` was answered here. */
const OF_ONE_CONNECTION = new Set([
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'expect',
]);

export interface Passing {
  readonly secret: string;
  readonly role: string;
  /** For a client that named none. */
  readonly host: string;
}

/** What the client says of the hubs' own headers does not count. */
export function headersToLeader(said: IncomingHttpHeaders, { secret, role, host }: Passing): OutgoingHttpHeaders {
  return { host, ...passedOn(said), [HUB_SECRET_HEADER]: secret, [ROLE_HEADER]: role };
}

export function headersToClient(said: IncomingHttpHeaders): OutgoingHttpHeaders {
  return passedOn(said);
}

function passedOn(said: IncomingHttpHeaders): OutgoingHttpHeaders {
  const named = (said.connection ?? '').split(',').map((name) => name.trim().toLowerCase());
  const stays = new Set([...OF_ONE_CONNECTION, ...named]);
  return Object.fromEntries(Object.entries(said).filter(([name]) => !stays.has(name)));
}
