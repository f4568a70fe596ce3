/**
 * RoomFile: the file of one room, in both directions while people work. What another program writes is merged into the
 * document, three-way against what was last saved; it is never overwritten unread (X3). The file may go, come back and be
 * renamed: the room stays, and says so. One step at a time: a save never meets a merge.
 */
import path from 'node:path';
import writeFileAtomic from 'write-file-atomic';
import type { FileId, HubEvent } from '@cokernel/proto/hub';
import { NotebookFormatError, makeEqual, mergeBase, mergeNotebooks, readDocument } from '@cokernel/proto/notebook';
import { decodeBase, encodeBase } from './disk-base.js';
import {
  fileBack,
  fileGone,
  fileWrittenAgain,
  keptAside,
  mergeNotices,
  notANotebook,
  notKept,
} from './disk-notices.js';
import { documentHash, notebookHash } from './document-hash.js';
import type { FileTraits } from './file-index.js';
import { FilePlace } from './file-place.js';
import type { FileContent, FileSync, OpenedDocument } from './file-sync.js';
import { keepingRuns } from './keeping-runs.js';
import type { FileIdentity } from './moved-file.js';
import { contentHash, isBlank, keepAside, lookAt } from './notebook-file.js';
import type { SavedState } from './notebook-files.js';
import type { RoomDocument } from './room-document.js';

export interface RoomFileOptions {
  readonly fileId: FileId;
  readonly opened: OpenedDocument;
  readonly document: RoomDocument;
  readonly files: FileSync;
  /** Links resolved. */
  readonly absolute: string;
  readonly tell: (event: HubEvent) => void;
  /** Keeps what people have now as a version; never rejects. */
  readonly beforeMerge: () => Promise<void>;
  /** The file is not at its place: where it is now (absolute), when it was moved to where nobody has another notebook open. */
  readonly followMoved: (file: FileIdentity) => Promise<string | null>;
  /** The file is so now, or about to be: durable when it resolves; it never rejects. */
  readonly seen: (traits: FileTraits) => Promise<void>;
  readonly clock: () => Date;
  readonly onError: (error: unknown) => void;
}

/** A file that is missing, or no notebook, may be half-written or about to be replaced: how often it is looked at again. */
const LOOKS = 6;
const BETWEEN_LOOKS_MS = 200;
/** In the place of the hash of a file that is gone. */
const NO_FILE = '';
/** Programs make a file empty before they write it. */
const EMPTY = contentHash('');
/** Programs that write faster than we merge; the save fails then, and is tried again later. */
const MAX_ROUNDS = 5;

/** How the file stands, as it was last seen. */
type Standing =
  | { readonly state: 'there' }
  | { readonly state: 'gone' }
  | { readonly state: 'noNotebook'; readonly fileHash: string };

type MergeOutcome =
  | { readonly outcome: 'merged' }
  /** It is another than a moment ago. */
  | { readonly outcome: 'changing' }
  | { readonly outcome: 'noNotebook'; readonly why: string };

export class RoomFile {
  private saved: SavedState;
  private readonly place: FilePlace;
  private standing: Standing = { state: 'there' };
  private steps: Promise<unknown> = Promise.resolve();
  private lookIsDue = false;
  private stopped = false;

  constructor(private readonly options: RoomFileOptions) {
    this.saved = options.opened.saved;
    this.place = new FilePlace({ ...options, onMaybeChanged: () => this.lookSoon() });
  }

  get absolute(): string {
    return this.place.absolute;
  }

  /** The document says no more than was saved last; it takes a while to say so of a large one. */
  get isSaved(): boolean {
    return documentHash(this.options.document.doc) === this.saved.documentHash;
  }

  /** Takes what changed while nobody looked, then watches. */
  async start(): Promise<void> {
    for (const notice of notKept(this.name, this.options.opened.notKept)) this.options.tell(notice);
    await this.place.start();
    await this.look();
  }

  /** No change is seen any more; what is saved still meets those that there are. Can be called twice. */
  stop(): void {
    this.stopped = true;
    this.place.stop();
  }

  /** Takes what another program wrote, when there is something. */
  look(): Promise<void> {
    return this.inLine(() => this.takeChange());
  }

  /** Writes the document to the file, together with what another program has written meanwhile. */
  save(): Promise<void> {
    return this.inLine(() => this.write());
  }

  /** As if another program wrote this to the file: it is merged with what people have. */
  put(text: string): Promise<void> {
    return this.inLine(async () => {
      await this.takeChange();
      await writeFileAtomic(this.absolute, text);
      await this.takeChange();
    });
  }

  /** Moves the file. `move` renames it on the disk, and answers its absolute path. */
  moveBy(move: () => Promise<string>): Promise<void> {
    return this.inLine(() => this.place.moveBy(move));
  }

  private async write(): Promise<void> {
    for (let round = 0; round < MAX_ROUNDS; round += 1) {
      await this.takeChange();
      if (this.standing.state === 'noNotebook') await this.putAside(this.standing.fileHash);
      if (!(await this.replace())) continue;
      if (this.standing.state === 'gone') this.options.tell(fileWrittenAgain(this.name));
      this.standing = { state: 'there' };
      return this.isThere(this.place.identity);
    }
    throw new Error('another program keeps writing to the file');
  }

  /** False when another program has written the file. */
  private async replace(): Promise<boolean> {
    const { files, opened, seen } = this.options;
    let next = this.place.identity;
    const saved = await files.save(opened, this.saved, this.absolute, (draft) => {
      next = draft.identity;
      return seen({ identity: next, fileHash: draft.saved.fileHash });
    });
    if (saved === null) return false;
    this.saved = saved;
    this.place.identity = next;
    return true;
  }

  private async takeChange(): Promise<void> {
    for (let looks = 1; ; looks += 1) {
      const { fileHash, identity } = await lookAt(this.absolute);
      if (fileHash !== null && fileHash === this.saved.fileHash) return this.isThere(identity);
      if (fileHash === null && this.standing.state === 'gone') return;
      if (this.standing.state === 'noNotebook' && this.standing.fileHash === fileHash) return;
      if (fileHash !== null && identity !== this.place.identity && (await this.place.follow())) continue;
      const outcome = fileHash === null ? null : await this.merge(fileHash);
      if (outcome?.outcome === 'merged') return this.isThere(identity);
      if (looks === LOOKS) return this.isLost(fileHash, outcome);
      await pause(BETWEEN_LOOKS_MS);
    }
  }

  private async isLost(fileHash: string | null, outcome: MergeOutcome | null): Promise<void> {
    if (fileHash === null) return this.isGone();
    // One that is still being written has more news for us, and no save takes its place meanwhile.
    if (outcome?.outcome === 'noNotebook') this.isNoNotebook(fileHash, outcome.why);
  }

  private async merge(fileHash: string): Promise<MergeOutcome> {
    if (fileHash === EMPTY || (await isBlank(this.absolute))) return { outcome: 'noNotebook', why: 'It is empty.' };
    try {
      const content = await this.options.files.read(this.options.fileId, this.absolute);
      if (content.saved.fileHash !== fileHash) return { outcome: 'changing' };
      await this.take(content);
      return { outcome: 'merged' };
    } catch (error) {
      if (error instanceof NotebookFormatError) return { outcome: 'noNotebook', why: error.message };
      throw error;
    }
  }

  /** In one step of the loop: nobody's edit comes between what is merged and what is written. */
  private async take({ saved, notebook, notKept: sentences }: FileContent): Promise<void> {
    const { document, opened, tell, beforeMerge } = this.options;
    const before = readDocument(document.doc);
    const { merged, conflicts, disk } = mergeNotebooks(decodeBase(this.saved.base), before, notebook);
    const target = keepingRuns(document.doc, merged);
    const notices = mergeNotices(before, target, conflicts);
    const kept = notices.length === 0 ? null : beforeMerge();
    const written = document.write(() => makeEqual(document.doc, target));
    this.saved = { fileHash: saved.fileHash, documentHash: notebookHash(disk), base: encodeBase(mergeBase(disk)) };
    await Promise.all([kept, written, opened.facts.remember(this.saved)]);
    for (const notice of [...notices, ...notKept(this.name, sentences)]) tell(notice);
  }

  private async isThere(identity: FileIdentity | null): Promise<void> {
    if (this.standing.state === 'gone') this.options.tell(fileBack(this.name));
    this.standing = { state: 'there' };
    const { fileHash } = this.saved;
    this.place.identity = identity;
    await this.options.seen({ identity, fileHash });
  }

  private async isGone(): Promise<void> {
    if (await this.place.follow()) return this.takeChange();
    this.standing = { state: 'gone' };
    // Whatever is saved next is written; a file that comes back meanwhile is another's.
    this.saved = { ...this.saved, fileHash: NO_FILE, documentHash: '' };
    this.options.tell(fileGone(this.name));
  }

  private isNoNotebook(fileHash: string, why: string): void {
    this.standing = { state: 'noNotebook', fileHash };
    this.options.tell(notANotebook(this.name, why));
  }

  private async putAside(fileHash: string): Promise<void> {
    const keptAs = await keepAside(this.absolute, this.options.clock());
    this.saved = { ...this.saved, fileHash, documentHash: '' };
    this.options.tell(keptAside(this.name, path.basename(keptAs)));
  }

  /** What several news tell is found by one look. */
  private lookSoon(): void {
    if (this.lookIsDue || this.stopped) return;
    this.lookIsDue = true;
    this.inLine(() => {
      this.lookIsDue = false;
      return this.takeChange();
    }).catch(this.options.onError);
  }

  private get name(): string {
    return path.basename(this.absolute);
  }

  private inLine(step: () => Promise<void>): Promise<void> {
    const done = this.steps.then(step);
    // Its failure is told to who asked, and does not stop the next.
    this.steps = done.catch(() => undefined);
    return done;
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
