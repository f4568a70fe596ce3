/** The links of all hubs that relay their clients to this one, while it leads. */
import type { WebSocket } from 'ws';
import { closeCodes } from '@cokernel/proto/hub';
import type { Arrival } from '../gateway/serving.js';
import type { SessionLog } from '../run/kernel-session-options.js';
import { IncomingLink } from './incoming-link.js';
import { LINK_PROTOCOL } from './link-frames.js';
import { LINK_TIMES } from './link-heartbeat.js';
import type { LinkTimes } from './link-heartbeat.js';

export interface LinkServerOptions {
  /** Where a relayed client goes. Never rejects. */
  readonly enter: (arrival: Arrival) => Promise<void>;
  readonly times?: LinkTimes;
  readonly log: SessionLog;
}

export class LinkServer {
  readonly #links = new Set<IncomingLink>();
  #stopped = false;

  constructor(private readonly options: LinkServerOptions) {}

  /** Another hub of this folder, whose secret was checked. */
  accept(socket: WebSocket): void {
    if (this.#stopped) return socket.close(closeCodes.goingAway, 'this hub leads no longer');
    if (socket.protocol !== LINK_PROTOCOL) {
      return socket.close(closeCodes.badFrame, `this hub speaks ${LINK_PROTOCOL}: run one version in all hubs`);
    }
    const { enter, log, times = LINK_TIMES } = this.options;
    const link = new IncomingLink({ socket, enter, times, log, onEnd: () => this.#links.delete(link) });
    this.#links.add(link);
    link.start();
  }

  /** Tells every hub that the folder's lease is free: one of them leads next. */
  handOver(): void {
    for (const link of this.#links) link.handOver();
  }

  /** Ends every link; the hubs there tell their clients to come back. Can be called twice. */
  stop(): void {
    this.#stopped = true;
    for (const link of [...this.#links]) link.stop(closeCodes.goingAway, 'this hub leads no longer');
  }
}
