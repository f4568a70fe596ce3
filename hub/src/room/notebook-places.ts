/**
 * NotebookPlaces: which notebook a file is, whatever other programs did to its name while nobody had it open. A file that
 * was moved keeps its id, and with it history, versions and outputs; a copy is another notebook. It is known by what it is
 * (inode and birth), else by what it says. One that was replaced where it stands, as editors save, stays the same notebook.
 * Of an open notebook its room knows (room-file.ts).
 */
import path from 'node:path';
import type { FileId } from '@cokernel/proto/hub';
import type { FileIndex, IndexedNotebook } from './file-index.js';
import { type FileIdentity, findMoved, identityOf } from './moved-file.js';
import { contentHash, isThere, lookAt } from './notebook-file.js';
import type { ServedFolder } from './served-folder.js';

export interface NotebookPlacesOptions {
  readonly folder: ServedFolder;
  readonly index: FileIndex;
  /** Lets an open notebook find its file, which then is no business of ours; false: it is not open. */
  readonly lookIfOpen: (fileId: FileId) => Promise<boolean>;
}

/** Of a file that says nothing, as many do. */
const EMPTY = contentHash('');

export class NotebookPlaces {
  /** One question after the other: no file may be found for two notebooks. */
  private last: Promise<unknown> = Promise.resolve();

  constructor(private readonly options: NotebookPlacesOptions) {}

  /** The id of a notebook by its path in the served folder. Throws `PathError`. */
  async idOf(relative: string): Promise<FileId> {
    const { folder } = this.options;
    const place = folder.relative(await folder.resolve(relative));
    return this.inLine(() => this.notebookAt(place));
  }

  /** Where a notebook is now, relative to the served folder; null when it is not there any more. */
  placeOf(fileId: FileId): Promise<string | null> {
    return this.inLine(async () => {
      const notebook = this.options.index.find(fileId);
      return notebook === null ? null : this.placeNow(notebook);
    });
  }

  private async notebookAt(place: string): Promise<FileId> {
    const { index, lookIfOpen } = this.options;
    const here = this.indexedAt(place);
    if (here !== null && ((await this.isHome(here)) || (await lookIfOpen(here.fileId)))) {
      const still = index.idAt(place);
      if (still !== null) return index.idOf(place);
    }
    const traits = await lookAt(this.absolute(place));
    const came =
      (await this.knownBy(traits.identity, place)) ??
      (await this.replacedAt(place)) ??
      (await this.knownByContent(traits.fileHash));
    if (came !== null) await index.moved(came, place);
    const fileId = await index.idOf(place);
    await index.seen(fileId, traits);
    return fileId;
  }

  private async placeNow(notebook: IndexedNotebook): Promise<string | null> {
    const { folder, index } = this.options;
    if (notebook.path !== null && (await this.isAnything(notebook.path))) await this.notebookAt(notebook.path);
    const place = index.pathOf(notebook.fileId);
    if (await this.isAnything(place)) return place;
    const elsewhere = await findMoved(folder.root, identitiesOf(notebook));
    if (elsewhere === null) return null;
    const found = folder.relative(elsewhere);
    return (await this.notebookAt(found)) === notebook.fileId ? found : null;
  }

  /** The notebook that was this very file at another place, and is not there any more (as it is when this is a hard link). */
  private async knownBy(identity: FileIdentity | null, place: string): Promise<FileId | null> {
    const { index, lookIfOpen } = this.options;
    for (const { fileId } of identity === null ? [] : index.knownAs(identity)) {
      const isOpen = await lookIfOpen(fileId);
      const now = index.find(fileId);
      if (now === null || (now.path !== place && (isOpen || (await this.isHome(now))))) continue;
      return fileId;
    }
    return null;
  }

  /** The notebook whose file stood there, when that is nowhere else: then this one took its place. */
  private async replacedAt(place: string): Promise<FileId | null> {
    const { folder, index, lookIfOpen } = this.options;
    const former = this.indexedAt(place);
    if (former === null) return null;
    const elsewhere = await findMoved(folder.root, identitiesOf(former));
    if (elsewhere === null) return former.fileId;
    const left = folder.relative(elsewhere);
    const other = index.idAt(left);
    // A place that people have open is theirs.
    if (other !== null && (await lookIfOpen(other)) && index.idAt(left) === other) return former.fileId;
    await index.moved(former.fileId, left);
    return null;
  }

  /** The one notebook that said this when it was last seen, and whose file is gone. */
  private async knownByContent(fileHash: string | null): Promise<FileId | null> {
    const { index, lookIfOpen } = this.options;
    const gone: FileId[] = [];
    for (const { fileId, path: place } of fileHash === null || fileHash === EMPTY ? [] : index.knownAs(fileHash)) {
      if (!(await this.isAnything(place)) && !(await lookIfOpen(fileId))) gone.push(fileId);
    }
    return gone.length === 1 ? (gone[0] ?? null) : null;
  }

  private async isHome(notebook: IndexedNotebook): Promise<boolean> {
    const identity = notebook.path === null ? null : await identityOf(this.absolute(notebook.path));
    return identity !== null && identitiesOf(notebook).includes(identity);
  }

  private async isAnything(place: string | null): Promise<boolean> {
    return place !== null && isThere(this.absolute(place));
  }

  private indexedAt(place: string): IndexedNotebook | null {
    const { index } = this.options;
    const fileId = index.idAt(place);
    return fileId === null ? null : index.find(fileId);
  }

  private absolute(place: string): string {
    return path.join(this.options.folder.root, place);
  }

  private inLine<T>(step: () => Promise<T>): Promise<T> {
    const done = this.last.then(step);
    // Its failure is told to who asked, and does not stop the next.
    this.last = done.catch(() => undefined);
    return done;
  }
}

function identitiesOf({ traits }: IndexedNotebook): readonly FileIdentity[] {
  return traits.flatMap(({ identity }) => identity ?? []);
}
