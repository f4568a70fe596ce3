/**
 * A kept text in Redis, for hubs that serve one folder: who leads them writes it under the fence of that lease. Once another
 * one leads, a write is refused with `LeaseEnded`, whether or not that one has written.
 */
import { randomUUID } from 'node:crypto';
import type { FolderId } from '@cokernel/proto/hub';
import { z } from 'zod';
import { LeaseEnded } from '../../right.js';
import type { KeptText } from '../kept/kept-text.js';
import { folderKeys } from './keys.js';
import type { RedisConnection } from './redis-connection.js';
import type { FolderStepName } from './script-texts.js';

export interface RedisKeptTextOptions {
  /** Somebody else's to close. */
  readonly connection: RedisConnection;
  readonly folderId: FolderId;
  /** Of the folder's lease. */
  readonly fence: number;
  readonly name: string;
}

const Answer = z.discriminatedUnion('outcome', [
  z.object({ outcome: z.literal('done') }),
  z.object({ outcome: z.literal('stale'), highestFence: z.number().int() }),
]);

export class RedisKeptText implements KeptText {
  constructor(private readonly options: RedisKeptTextOptions) {}

  async read(): Promise<string | null> {
    const { connection, folderId, name } = this.options;
    return (await connection.bytesIn(folderKeys(folderId).texts, name))?.toString('utf8') ?? null;
  }

  write(text: string): Promise<void> {
    return this.step('write-text', [this.options.name, text]);
  }

  async putAside(): Promise<string> {
    const { folderId, name } = this.options;
    const aside = `${name}.damaged-${randomUUID()}`;
    await this.step('put-text-aside', [name, aside]);
    return `${aside} in ${folderKeys(folderId).texts}`;
  }

  private async step(step: FolderStepName, args: readonly string[]): Promise<void> {
    const { connection, folderId, fence, name } = this.options;
    const { all } = folderKeys(folderId);
    const answer = Answer.parse(JSON.parse(await connection.run(step, all, [String(fence), ...args])));
    if (answer.outcome === 'done') return;
    throw new LeaseEnded(
      `${name} was not written: this hub led under fence ${String(fence)}, another does under ${String(answer.highestFence)}`,
    );
  }
}
