/** Opens a hub's gateway, and says where it is: to the terminal's commands of this data folder, and to who started it. */
import { announce } from './announcement.js';
import type { Closers } from './closers.js';
import { Gateway } from './gateway/gateway.js';
import type { GatewayOptions } from './gateway/gateway.js';
import type { HubOptions } from './hub-options.js';

export interface OpenDoor {
  readonly gateway: Gateway;
  /** With the token. */
  readonly url: string;
}

/** Listens when it resolves. Throws `StartError`. */
export async function openDoor(
  { config, version, webDirectory, log }: HubOptions,
  { serving, peers }: Pick<GatewayOptions, 'serving' | 'peers'>,
  closers: Closers,
): Promise<OpenDoor> {
  const { token, metricsToken, dataDirectory, folder } = config;
  const gateway = new Gateway({ token, metricsToken, version, webDirectory, serving, peers, log });
  const port = await gateway.listen(config.host, config.port);
  closers.push(() => gateway.close());
  const address = `http://${urlHost(config.host)}:${String(port)}`;
  closers.push(await announce(dataDirectory, { url: address, token, folder }));
  return { gateway, url: `${address}/?token=${token}` };
}

/** The address to open: an address for everybody is reached by loopback here. */
function urlHost(host: string): string {
  if (host === '0.0.0.0' || host === '::') return '127.0.0.1';
  return host.includes(':') ? `[${host}]` : host;
}
