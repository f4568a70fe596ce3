/** Versions and a history in memory, for tests of what decides about them. */
import { createHash } from 'node:crypto';
import { VersionId, type FileId, type HistoryRecord } from '@cokernel/proto/hub';
import type { HistoryStore, SegmentBegin } from '../../src/room/history-store.js';
import type { NewVersion, StoredVersion, VersionStore } from '../../src/room/version-store.js';

/** Of one notebook. */
export class MemoryVersions implements VersionStore {
  private versions: (StoredVersion & Pick<NewVersion, 'content'>)[] = [];
  private count = 0;
  /** Called before a version is added; what it throws is what the disk would. */
  onAdd: (version: NewVersion) => void = () => undefined;

  list(): Promise<readonly StoredVersion[]> {
    return Promise.resolve(this.versions.map(({ content: _content, ...version }) => version));
  }

  async add(_fileId: FileId, version: NewVersion): Promise<StoredVersion> {
    await Promise.resolve();
    this.onAdd(version);
    this.count += 1;
    const contentHash = createHash('sha256').update(version.content).digest('hex');
    const added = { ...version, versionId: VersionId.parse(String(this.count)), contentHash };
    this.versions.push(added);
    return added;
  }

  name(_fileId: FileId, versionId: VersionId, name: string | null): Promise<StoredVersion | null> {
    this.versions = this.versions.map((one) => (one.versionId === versionId ? { ...one, name } : one));
    return Promise.resolve(this.versions.find((one) => one.versionId === versionId) ?? null);
  }

  remove(_fileId: FileId, versionIds: readonly VersionId[]): Promise<void> {
    this.versions = this.versions.filter(({ versionId }) => !versionIds.includes(versionId));
    return Promise.resolve();
  }

  content(_fileId: FileId, versionId: VersionId): Promise<string | null> {
    return Promise.resolve(this.versions.find((one) => one.versionId === versionId)?.content ?? null);
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}

/** Of one notebook, in one segment. */
export class MemoryHistory implements HistoryStore {
  readonly records: HistoryRecord[] = [];

  async *read(): AsyncIterable<HistoryRecord> {
    yield* await Promise.resolve(this.records);
  }

  newest(): Promise<readonly HistoryRecord[]> {
    return Promise.resolve(this.records);
  }

  begin(_fileId: FileId, begin: SegmentBegin): Promise<void> {
    this.records.push({ type: 'began', segment: 1, ...begin });
    return Promise.resolve();
  }

  append(_fileId: FileId, records: readonly HistoryRecord[]): Promise<{ readonly full: boolean }> {
    this.records.push(...records);
    return Promise.resolve({ full: false });
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}
