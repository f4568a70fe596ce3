/**
 * NotebookFiles: the .ipynb files of a hub, read and written away from its event loop. A file has its outputs whole, a
 * document has the large ones outside. A file is replaced as a whole, and only when nobody else has changed it.
 */
import type { ContentHash, TextId } from '@cokernel/proto/hub';
import type { Notebook } from '@cokernel/proto/notebook';
import type { FileIdentity } from './moved-file.js';

/** What is known of a file that the document has in it. */
export interface SavedState {
  /** Of its bytes. Null: no file is known. */
  readonly fileHash: string | null;
  /** Of the document that says what it says. */
  readonly documentHash: string;
  /** From it the next merge comes (disk-base.ts). */
  readonly base: string;
}

export interface ReadRequest {
  readonly absolute: string;
  /** Under which the document's structs are written. */
  readonly clientId: number;
  /** Takes what lies outside, one after the other; durable when it resolves. */
  readonly put: (bytes: Uint8Array) => Promise<unknown>;
}

/** A file as a fresh document. No file, or an empty one, is a new notebook. */
export interface FileReading {
  readonly saved: SavedState;
  /** A Yjs update (v1 encoding). */
  readonly state: Uint8Array;
  /** What of the file a save will not have in it as it is, one sentence each. */
  readonly notKept: readonly string[];
  /** What the document refers to. */
  readonly outside: readonly (ContentHash | TextId)[];
}

export interface WriteRequest {
  readonly absolute: string;
  /** The whole document as one Yjs update (v1 encoding); handed over, and not to be used afterwards. */
  readonly state: Uint8Array;
  readonly saved: SavedState;
  /** Texts that the document names and must not have; default: none. */
  readonly withheld?: readonly TextId[];
  /**
   * Called when the new file is on the disk and about to take the old one's place. Called with null when it won't, while it
   * lies there still.
   */
  readonly onDraft: (draft: DraftFile | null) => Promise<void>;
}

/** The file that is about to take a notebook's place: whole and synced. It lies there until it does, and never after. */
export interface DraftFile {
  readonly saved: SavedState;
  /** Absolute. */
  readonly file: string;
  readonly identity: FileIdentity | null;
}

export type WriteOutcome =
  /** The file has this document already. */
  | { readonly outcome: 'unchanged' }
  /** Synced. */
  | { readonly outcome: 'written'; readonly saved: SavedState }
  /** Somebody else has written the file since it was saved; it stands there with this hash, untouched. */
  | { readonly outcome: 'foreign'; readonly fileHash: string };

export interface SendRequest {
  readonly notebook: Notebook;
  /** Of what it names as stored, what may be in the text; the rest is named as what is gone is. */
  readonly readable: readonly (ContentHash | TextId)[];
  /** UTF-8, piece after piece; the next one comes when it resolves, and none when it rejects. */
  readonly onPiece: (piece: Uint8Array) => Promise<void>;
}

/** What a file may have of what its document has outside; the rest is named by its hash. */
export interface SaveLimits {
  /** Bytes of one output: more than people look at, less than makes a file slow to open. */
  readonly output: number;
  /** Bytes of the file: what git hosts and mail still take. */
  readonly file: number;
}

export interface NotebookFiles {
  /** Throws `NotebookFormatError` on a file that is no notebook. */
  read(request: ReadRequest): Promise<FileReading>;
  /** Rejects with a reason for people when the file can't be written; then it stands there as it was. */
  write(request: WriteRequest): Promise<WriteOutcome>;
  /** The text that a notebook's file would have, within the same limits. It waits for no file, and no file for it. */
  send(request: SendRequest): Promise<void>;
}
