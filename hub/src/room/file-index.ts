/** FileIndex: which document belongs to which file. One id a real file (X22), whatever link leads to it. */
import type { FileId } from '@cokernel/proto/hub';
import type { FileIdentity } from './moved-file.js';

/** What a notebook's file was when it was seen: by either it is known again at another place. */
export interface FileTraits {
  readonly identity: FileIdentity | null;
  /** Of its bytes. */
  readonly fileHash: string | null;
}

export interface IndexedNotebook {
  readonly fileId: FileId;
  /** Null: another file has its place, and its own was not found again. */
  readonly path: string | null;
  /** The newest first; the one before too, since a file that is about to be replaced may not be. */
  readonly traits: readonly FileTraits[];
  /** ISO 8601; null: it is there, as far as is known. */
  readonly goneSince: string | null;
}

export interface FileIndex {
  /** The id of a file by its path relative to the served folder (with `/`, links resolved); makes one when there is none. Durable when it resolves. */
  idOf(path: string): Promise<FileId>;
  /** The path of a document; null when the id is unknown, or its file has none. */
  pathOf(fileId: FileId): string | null;
  /** The document at a path; null when none was ever asked for there. */
  idAt(path: string): FileId | null;
  /** The documents in a folder, and in its folders. */
  below(folder: string): readonly { readonly fileId: FileId; readonly path: string }[];
  /** All that are known, also those whose files are gone. */
  all(): readonly IndexedNotebook[];
  find(fileId: FileId): IndexedNotebook | null;
  /** Those that were seen with this identity, or with this hash. */
  knownAs(trait: string): readonly IndexedNotebook[];
  /** The file got another place. */
  moved(fileId: FileId, path: string): Promise<void>;
  /** The file is so now; what was seen before counts once more. Durable when it resolves. */
  seen(fileId: FileId, traits: FileTraits): Promise<void>;
  /** The file is nowhere since then; null: it is there again. */
  gone(fileId: FileId, since: string | null): Promise<void>;
  /** These ids mean nothing any more. */
  forget(fileIds: readonly FileId[]): Promise<void>;
}
