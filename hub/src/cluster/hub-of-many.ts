/**
 * One of the many hubs that serve one folder (decision 0030). It listens as long as it runs; it leads, or relays its clients
 * to the hub that does; and it takes the lead when that one is gone.
 */
import { randomBytes } from 'node:crypto';
import os from 'node:os';
import { HubId, closeCodes } from '@cokernel/proto/hub';
import { closeAll } from '../closers.js';
import type { Closers } from '../closers.js';
import type { KernelsAtStop } from '../config.js';
import { messageOf } from '../errors.js';
import type { Gateway, PeerSocket } from '../gateway/gateway.js';
import { openDoor } from '../hub-door.js';
import { servedAlone } from '../hub.js';
import { endKernels, reachesOneOf } from '../hub-kernels.js';
import type { HubOptions } from '../hub-options.js';
import type { PeersConfig } from '../peers-config.js';
import type { EndingRun } from '../run/ending-runs.js';
import type { HeldLease } from '../run/held-lease.js';
import type { RunningHub } from '../running-hub.js';
import { Leadership } from './leadership.js';
import { livingKernels } from './living-kernels.js';
import type { MeetingPoint } from '../hub-meeting.js';
import { Relaying } from './relaying.js';
import { sleepClock } from './sleep-clock.js';
import { Term } from './term.js';
import { WaitingServing } from './waiting-serving.js';

export class HubOfMany implements RunningHub {
  private readonly hubId = HubId.parse(`${os.hostname()}-${String(process.pid)}-${randomBytes(6).toString('hex')}`);
  private readonly serving: WaitingServing;
  private readonly relaying: Relaying;
  private readonly leadership: Leadership;
  private term: Term | null = null;
  private door: { readonly gateway: Gateway; readonly url: string } | null = null;

  private constructor(
    private readonly options: HubOptions,
    private readonly peers: PeersConfig,
    private readonly meeting: MeetingPoint,
    private readonly closers: Closers,
  ) {
    const { log } = options;
    this.serving = new WaitingServing({ answers: meeting.answers, metrics: meeting.metrics });
    this.relaying = new Relaying({
      ...{ meeting, serving: this.serving, log },
      claimNow: () => this.leadership.claimNow(),
    });
    this.leadership = new Leadership({
      folderId: meeting.folderId,
      lease: {
        ...{ leases: meeting.leases, owner: this.hubId, leaseMs: peers.leaseMs },
        now: sleepClock(() => performance.now(), Date.now),
        onWarning: (message) => log.warn(message),
      },
      begin: (lease) => this.begin(lease),
      comesFirst: () => this.comesFirst(),
      follow: (leader) => this.relaying.follow(leader),
      log,
    });
  }

  /** Starts a hub that listens, and leads or relays soon. Throws `StartError`. */
  static async start(
    options: HubOptions,
    peers: PeersConfig,
    meeting: MeetingPoint,
    closers: Closers,
  ): Promise<HubOfMany> {
    const hub = new HubOfMany(options, peers, meeting, closers);
    await hub.open();
    return hub;
  }

  get url(): string {
    return this.door?.url ?? '';
  }

  get kernelCount(): number {
    return this.term?.parts?.sessions.list().length ?? 0;
  }

  endingRuns(): Promise<readonly EndingRun[]> {
    return this.term?.parts?.endingRuns() ?? Promise.resolve([]);
  }

  async stop(kernels: KernelsAtStop): Promise<void> {
    const { log } = this.options;
    // Who comes from now on comes to another hub.
    this.door?.gateway.stopListening();
    const parts = this.term?.parts ?? null;
    if (kernels === 'stop' && parts !== null) await endKernels(parts.sessions, log);
    await this.leadership.stop();
    this.relaying.stop();
    this.serving.stop();
    await closeAll(this.closers.splice(0), log);
  }

  private async open(): Promise<void> {
    const { meeting, hubId, serving } = this;
    const peers = { secret: meeting.secret, enter: (socket: PeerSocket) => this.enterPeer(socket) };
    this.door = await openDoor(this.options, { serving: () => serving, peers }, this.closers);
    await this.register();
    this.closers.push(() => meeting.hubs.forget(hubId).catch((error: unknown) => this.forgotten(error)));
    this.leadership.start();
  }

  /** A Redis that was emptied has forgotten it. */
  private register(): Promise<void> {
    return this.meeting.hubs.register(this.hubId, this.peers.address);
  }

  /** It reaches the kernels, or there are none. */
  private async comesFirst(): Promise<boolean> {
    try {
      const living = await livingKernels(this.meeting.livingKernels(0));
      return living.length === 0 || (await reachesOneOf(this.options, new Set(living)));
    } catch (error) {
      this.options.log.info({ error: messageOf(error) }, 'whether the kernels can be reached was not found out');
      return false;
    }
  }

  private async begin(lease: HeldLease) {
    this.relaying.stop();
    // One that began while all hubs of the folder were stopped.
    const alone = await servedAlone(this.options.config);
    if (alone !== null) throw new Error(`process ${String(alone.pid)} serves the folder alone: end it`);
    const term = new Term(this.options, (arrival) => this.serving.enter(arrival), this.meeting.livingKernels);
    this.term = term;
    try {
      await this.register();
      const { folderId } = this.meeting;
      const parts = await term.begin({ folderId, fence: lease.fence, right: lease });
      this.serving.ledBy(parts.serving);
    } catch (error) {
      this.term = null;
      throw error;
    }
    return { end: (isLost: boolean) => this.end(term, isLost), ended: () => this.ended(term) };
  }

  private async end(term: Term, isLost: boolean): Promise<void> {
    this.serving.ledBy(null);
    if (isLost) this.door?.gateway.closeSockets(closeCodes.restart, 'another hub may lead now; come back');
    await term.close();
  }

  private ended(term: Term): void {
    term.handOver();
    this.term = null;
    this.door?.gateway.closeSockets(closeCodes.restart, 'another hub leads from now on; come back');
  }

  private enterPeer(socket: PeerSocket): void {
    if (this.term !== null) this.term.accept(socket);
    else socket.close(closeCodes.goingAway, 'this hub does not lead');
  }

  private forgotten(error: unknown): void {
    this.options.log.info({ error: messageOf(error) }, 'the other hubs were not told that this one has left');
  }
}
