/** Somebody who comes to a cluster by a way of their own, as a proxy leads it: to their own hub, or to another one when that is gone. */
import type { ClusterHub } from '../../end-to-end/support/cluster.js';
import { Visitor } from './visitor.js';
import { Wire } from './wire.js';

export interface Guest {
  readonly visitor: Visitor;
  /** Can be called twice. */
  leave(): Promise<void>;
}

/** Resolves when the notebook is there. `hubs`: the first is their own. */
export async function comeAsGuest(name: string, path: string, hubs: readonly ClusterHub[]): Promise<Guest> {
  const wire = await Wire.to(...hubs.map(({ port }) => port));
  const token = hubs[0]?.token ?? '';
  const visitor = await Visitor.join({ url: `http://127.0.0.1:${wire.port}`, token }, path, name);
  return {
    visitor,
    async leave() {
      visitor.leave();
      await wire.end();
    },
  };
}
