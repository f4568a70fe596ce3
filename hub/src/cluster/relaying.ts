/** Relaying: this hub's link to the one that leads, made anew when it breaks, as long as another hub leads. */
import type { HubId } from '@cokernel/proto/hub';
import { messageOf } from '../errors.js';
import type { SessionLog } from '../run/kernel-session-options.js';
import type { MeetingPoint } from '../hub-meeting.js';
import { RelayServing } from './relay-serving.js';
import type { WaitingServing } from './waiting-serving.js';

export interface RelayingOptions {
  readonly meeting: MeetingPoint;
  readonly serving: WaitingServing;
  /** The folder's lease may be free. */
  readonly claimNow: () => void;
  readonly log: SessionLog;
}

/** Before a link that broke is made anew, and longer each time: its hub may be gone, and the lease says who leads. */
const AGAIN_MS = { first: 200, most: 2_000 };

export class Relaying {
  /** One object each time that a hub is followed anew. */
  private following: { readonly leader: HubId } | null = null;
  private current: RelayServing | null = null;
  private again: NodeJS.Timeout | null = null;
  private againMs = AGAIN_MS.first;

  constructor(private readonly options: RelayingOptions) {}

  /** That hub leads. Called again and again as long as it does. */
  follow(leader: HubId): void {
    const isLinked = this.following?.leader === leader && this.again === null;
    if (isLinked) return;
    this.stop();
    const following = { leader };
    this.following = following;
    this.link(following).catch((error: unknown) => {
      this.options.log.warn({ leader, error: messageOf(error) }, 'where the leading hub is reached is not known');
      if (this.following === following) this.claimLater();
    });
  }

  /** Its clients come back, and wait for whoever leads next. Can be called twice. */
  stop(): void {
    if (this.again !== null) clearTimeout(this.again);
    this.again = null;
    this.following = null;
    this.current?.stop();
    this.ended();
  }

  private async link(following: { readonly leader: HubId }): Promise<void> {
    const { meeting, serving, claimNow, log } = this.options;
    const address = await meeting.hubs.addressOf(following.leader);
    if (this.following !== following) return;
    if (address === null) throw new Error('the hub that leads did not say where it is reached');
    const relay: RelayServing = new RelayServing({
      ...{ address, secret: meeting.secret, metrics: meeting.metrics, log },
      askAgain: (asked) => serving.answer(asked),
      onOpen: () => {
        this.againMs = AGAIN_MS.first;
        if (this.current === relay) serving.ledBy(relay);
      },
      onBroken: () => {
        relay.stop();
        if (this.current !== relay) return;
        this.ended();
        this.claimLater();
      },
      onHandedOver: claimNow,
    });
    this.current = relay;
    relay.start();
  }

  private ended(): void {
    if (this.current === null) return;
    this.current = null;
    this.options.serving.ledBy(null);
  }

  private claimLater(): void {
    this.again = setTimeout(this.options.claimNow, this.againMs);
    this.againMs = Math.min(2 * this.againMs, AGAIN_MS.most);
  }
}
