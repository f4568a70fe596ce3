/** Serves by the hub that leads: passes WebSockets over the link to it, and requests on. */
import type { MetricsText } from '../gateway/probes.js';
import type { Arrival, AskedRequest, Serving } from '../gateway/serving.js';
import { Forwarder } from '../link/forwarder.js';
import { LinkClient } from '../link/link-client.js';
import type { SessionLog } from '../run/kernel-session-options.js';

export interface RelayServingOptions {
  /** Where it is reached. */
  readonly address: string;
  readonly secret: string;
  /** Of this hub. */
  readonly metrics: MetricsText;
  /** Clients can be taken. */
  readonly onOpen: () => void;
  /** The link ended, or could not be made. */
  readonly onBroken: () => void;
  /** Another hub may lead now. */
  readonly onHandedOver: () => void;
  /** A request that can be asked again without doing anything twice. */
  readonly askAgain: (asked: AskedRequest) => void;
  readonly log: SessionLog;
}

export class RelayServing implements Serving {
  private readonly link: LinkClient;
  private readonly forwarder: Forwarder;

  constructor(private readonly options: RelayServingOptions) {
    this.link = new LinkClient(options);
    this.forwarder = new Forwarder(options);
  }

  get metrics(): MetricsText {
    return this.options.metrics;
  }

  start(): void {
    this.link.start();
  }

  /** Its clients come back; what is under way is asked again where that can be. Can be called twice. */
  stop(): void {
    this.link.stop();
    this.forwarder.stop();
  }

  answer(asked: AskedRequest): void {
    this.forwarder
      .forward(asked.request, asked.response, asked.role)
      .then((outcome) => {
        if (outcome === 'askAgain') this.options.askAgain(asked);
      })
      .catch(asked.next);
  }

  enter(arrival: Arrival): Promise<void> {
    this.link.enter(arrival);
    return Promise.resolve();
  }

  /** As long as the link stands, nothing is. */
  missing(): Promise<readonly string[]> {
    return Promise.resolve([]);
  }
}
