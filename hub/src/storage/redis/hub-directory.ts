/**
 * HubDirectory: what the hubs that serve one folder know of each other. Each says where it is reached, and they share a
 * secret, by which one knows that another is no client.
 */
import { randomBytes } from 'node:crypto';
import type { FolderId, HubId } from '@cokernel/proto/hub';
import { z } from 'zod';
import { folderKeys } from './keys.js';
import type { RedisConnection } from './redis-connection.js';

export interface HubDirectory {
  /** Where the others reach this hub. To be said again now and then: a Redis that was emptied has forgotten it. */
  register(hubId: HubId, address: string): Promise<void>;
  /** Null when this hub said nothing for long. */
  addressOf(hubId: HubId): Promise<string | null>;
  /** It is gone, or about to. */
  forget(hubId: HubId): Promise<void>;
  /** The same for all; who asks first makes it. */
  secret(): Promise<string>;
}

/** Longer than any hub is stopped and goes on. */
const KNOWN_FOR_MS = 24 * 60 * 60 * 1000;

const Entry = z.object({ address: z.string() });

export class RedisHubDirectory implements HubDirectory {
  /** `connection`: somebody else's to close. */
  constructor(
    private readonly connection: RedisConnection,
    private readonly folderId: FolderId,
  ) {}

  async register(hubId: HubId, address: string): Promise<void> {
    await this.connection.run('register-hub', this.keys.all, [hubId, address, String(KNOWN_FOR_MS)]);
  }

  async addressOf(hubId: HubId): Promise<string | null> {
    const entry = await this.connection.bytesIn(this.keys.hubs, hubId);
    return entry === null ? null : Entry.parse(JSON.parse(entry.toString('utf8'))).address;
  }

  async forget(hubId: HubId): Promise<void> {
    await this.connection.run('forget-hub', this.keys.all, [hubId]);
  }

  secret(): Promise<string> {
    return this.connection.run('agree', [this.keys.secret], [randomBytes(32).toString('hex')]);
  }

  private get keys() {
    return folderKeys(this.folderId);
  }
}
