/** Which folder, and which store, the hubs of this Redis serve: said once, by the first of them. */
import { SharedIds, type FolderRecord } from '../shared-folder.js';
import { folderRecordKey } from './keys.js';
import type { RedisConnection } from './redis-connection.js';

export class RedisFolderRecord implements FolderRecord {
  /** `connection`: somebody else's to close. */
  constructor(private readonly connection: RedisConnection) {}

  async read(): Promise<SharedIds | null> {
    const text = await this.connection.run('agree', [folderRecordKey], ['']);
    return text === '' ? null : SharedIds.parse(JSON.parse(text));
  }

  async agree(proposed: SharedIds): Promise<SharedIds> {
    return SharedIds.parse(
      JSON.parse(await this.connection.run('agree', [folderRecordKey], [JSON.stringify(proposed)])),
    );
  }
}
