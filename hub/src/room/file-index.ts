/** FileIndex: which document belongs to which file. One id a real file (X22), whatever link leads to it. */
import type { FileId } from '@cokernel/proto/hub';

export interface FileIndex {
  /** The id of a file by its path relative to the served folder (with `/`, links resolved); makes one when there is none. Durable when it resolves. */
  idOf(path: string): Promise<FileId>;
  /** The path of a document; null when the id is unknown. */
  pathOf(fileId: FileId): string | null;
  /** The document at a path; null when none was ever asked for there. */
  idAt(path: string): FileId | null;
  /** The documents in a folder, and in its folders. */
  below(folder: string): readonly { readonly fileId: FileId; readonly path: string }[];
  /** The file got another place. */
  moved(fileId: FileId, path: string): Promise<void>;
}
