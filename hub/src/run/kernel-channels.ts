/** The channels of every kernel of this hub, one a kernel session, for as long as that lasts. */
import type { KernelChannelOptions } from './kernel-channel.js';
import { KernelChannel } from './kernel-channel.js';
import type { KernelSession } from './kernel-session.js';

export type KernelChannelsOptions = Omit<KernelChannelOptions, 'session'>;

export class KernelChannels {
  private readonly channels = new Map<KernelSession, KernelChannel>();

  constructor(private readonly options: KernelChannelsOptions) {}

  /** To be called before the session hears its kernel. */
  open(session: KernelSession): void {
    const channel = new KernelChannel({ ...this.options, session });
    this.channels.set(session, channel);
    channel.start(() => this.channels.delete(session));
  }

  of(session: KernelSession): KernelChannel | undefined {
    return this.channels.get(session);
  }
}
