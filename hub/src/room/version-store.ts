/**
 * VersionStore: the kept states of each notebook. A version's content is stored once, however many versions have it, and
 * is durable when a promise resolves.
 */
import type { FileId, VersionId, VersionView } from '@cokernel/proto/hub';

export interface NewVersion extends Omit<VersionView, 'versionId'> {
  /** The notebook as JSON text, with references to what lies in the output store. */
  readonly content: string;
}

/** A version as it is stored. */
export interface StoredVersion extends VersionView {
  /** SHA-256 of the content's UTF-8 text. */
  readonly contentHash: string;
}

export interface VersionStore {
  /** Oldest first. */
  list(fileId: FileId): Promise<readonly StoredVersion[]>;
  add(fileId: FileId, version: NewVersion): Promise<StoredVersion>;
  /** Null when there is no such version. Null as name: from now on it has none. */
  name(fileId: FileId, versionId: VersionId, name: string | null): Promise<StoredVersion | null>;
  /** Ids that are not there are left out; contents that no other version has go too. */
  remove(fileId: FileId, versionIds: readonly VersionId[]): Promise<void>;
  /** Null when there is no such version. */
  content(fileId: FileId, versionId: VersionId): Promise<string | null>;
  /** Resolves when nothing is under way. */
  close(): Promise<void>;
}
