/** The time in which this hub leads the others of its folder: it has all that a lone hub has, and takes their links. */
import { closeAll } from '../closers.js';
import type { Closers } from '../closers.js';
import type { PeerSocket } from '../gateway/gateway.js';
import type { Serving } from '../gateway/serving.js';
import type { HubOptions, Lead } from '../hub-options.js';
import { buildParts } from '../hub-parts.js';
import type { Parts } from '../hub-parts.js';
import { LivingKernels } from './living-kernels.js';
import type { SaidText } from './living-kernels.js';
import { LinkServer } from '../link/link-server.js';

export class Term {
  private readonly links: LinkServer;
  private readonly closers: Closers = [];
  private built: Parts | null = null;

  /** `enter`: where clients go whom other hubs relay; it may have to wait until this hub serves. */
  constructor(
    private readonly options: HubOptions,
    enter: Serving['enter'],
    private readonly livingKernels: (fence: number) => SaidText,
  ) {
    this.links = new LinkServer({ enter, log: options.log });
  }

  /** Null until it serves. */
  get parts(): Parts | null {
    return this.built;
  }

  accept(link: PeerSocket): void {
    this.links.accept(link);
  }

  /** Opens all that the folder's hubs keep together, and takes over its kernels. */
  async begin(lead: Lead): Promise<Parts> {
    try {
      this.built = await buildParts(this.options, this.closers, lead);
      this.tellKernels(this.built, lead);
      return this.built;
    } catch (error) {
      await this.close();
      this.links.stop();
      throw error;
    }
  }

  private tellKernels({ sessions }: Parts, { fence, right }: Lead): void {
    const { log } = this.options;
    const living = new LivingKernels({ sessions, text: this.livingKernels(fence), right, log });
    living.start();
    this.closers.push(() => living.stop());
  }

  /** Stores what is to be stored, as long as this hub may, and lets go of everything. Kernels go on. */
  close(): Promise<void> {
    this.built?.readiness.stops();
    return closeAll(this.closers.splice(0), this.options.log);
  }

  /** The folder's lease is free: the other hubs may claim it. */
  handOver(): void {
    this.links.handOver();
    this.links.stop();
  }
}
