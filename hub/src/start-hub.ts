/** Starts a hub, alone or one of many. */
import { closeAll } from './closers.js';
import type { Closers } from './closers.js';
import { HubOfMany } from './cluster/hub-of-many.js';
import { Hub, servedAlone } from './hub.js';
import { openMeetingPoint } from './hub-meeting.js';
import type { HubOptions } from './hub-options.js';
import type { PeersConfig } from './peers-config.js';
import type { StartOutcome } from './running-hub.js';

/** Throws `StartError`. */
export async function startHub(options: HubOptions): Promise<StartOutcome> {
  const { peers } = options.config;
  if (peers === null) return Hub.start(options);
  // Looked for, not locked out: hubs that are many start at the same moment.
  const alone = await servedAlone(options.config);
  if (alone !== null) return { outcome: 'servedAlready', ...alone };
  return { outcome: 'started', hub: await startOneOfMany(options, peers) };
}

async function startOneOfMany(options: HubOptions, peers: PeersConfig): Promise<HubOfMany> {
  const closers: Closers = [];
  try {
    return await HubOfMany.start(options, peers, await openMeetingPoint(options, peers.redisUrl, closers), closers);
  } catch (error) {
    await closeAll(closers, options.log);
    throw error;
  }
}
