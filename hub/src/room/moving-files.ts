/**
 * Moves files and folders of the served folder, and follows those that others move. The notebooks among them keep their
 * documents and histories (X22); those that are open stay open, and their people are told.
 */
import { lstat, rename } from 'node:fs/promises';
import type { FileId } from '@cokernel/proto/hub';
import type { FileIndex } from './file-index.js';
import { type FileIdentity, findMoved } from './moved-file.js';
import { isThere } from './notebook-file.js';
import type { Room } from './room.js';
import type { RoomFile } from './room-file.js';
import { PathError, type ServedFolder } from './served-folder.js';

export interface MovingFilesOptions {
  readonly folder: ServedFolder;
  readonly index: FileIndex;
  /** Null: nobody has it open. */
  readonly opened: (fileId: FileId) => Promise<{ readonly room: Room; readonly file: RoomFile } | null>;
  /** Or about to be. */
  readonly isOpen: (fileId: FileId) => boolean;
  /** After a notebook got another place. */
  readonly onMoved: (room: Room) => Promise<void>;
}

export class MovingFiles {
  constructor(private readonly options: MovingFilesOptions) {}

  /** Both relative to the served folder. Throws `PathError` (`missing`, `outside`, `taken`). */
  async move(from: string, to: string): Promise<void> {
    const { folder, index } = this.options;
    const [source, target] = [await folder.resolveNew(from), await folder.resolveNew(to)];
    if (await isThere(target)) throw new PathError('taken', `there is a '${to}' already`);
    const kind = await lstat(source).catch(() => null);
    if (kind === null) throw new PathError('missing', `there is no '${from}' in the served folder`);
    const [old, now] = [folder.relative(source), folder.relative(target)];
    const fileId = kind.isFile() ? index.idAt(old) : null;
    const onDisk = (): Promise<void> => {
      folder.mustBeOurs();
      return rename(source, target);
    };
    if (fileId !== null) return this.moveNotebook(fileId, now, onDisk);
    await onDisk();
    if (!kind.isDirectory()) return;
    for (const { fileId: inside, path } of index.below(old)) {
      await this.moveNotebook(inside, `${now}${path.slice(old.length)}`, () => Promise.resolve());
    }
  }

  /** `rename` does it on the disk; while it does, nothing is saved or read. */
  async moveNotebook(fileId: FileId, to: string, rename: () => Promise<void>): Promise<void> {
    const { folder, index, opened, onMoved } = this.options;
    const open = await opened(fileId);
    const move = async (): Promise<string> => {
      await rename();
      await index.moved(fileId, to);
      return folder.resolve(to);
    };
    if (open === null) {
      await move();
      return;
    }
    await open.file.moveBy(move);
    open.room.moved(to);
    await onMoved(open.room);
  }

  /**
   * Another program moved the file of an open notebook: index and room follow, unless the place is another open one's.
   * Answers its absolute path.
   */
  async follow(room: Room, identity: FileIdentity): Promise<string | null> {
    const { folder, index, onMoved } = this.options;
    const absolute = await findMoved(folder.root, [identity]);
    if (absolute === null) return null;
    const to = folder.relative(absolute);
    const other = index.idAt(to);
    if (other !== null && other !== room.fileId && !(await this.mayBeDisplaced(other))) return null;
    await index.moved(room.fileId, to);
    room.moved(to);
    await onMoved(room);
    return absolute;
  }

  /** Nobody has it open, or its own file is elsewhere too and its room about to follow it: two names were swapped. */
  private async mayBeDisplaced(fileId: FileId): Promise<boolean> {
    const { folder, index, isOpen } = this.options;
    if (!isOpen(fileId)) return true;
    const own = index.find(fileId)?.traits.flatMap(({ identity }) => identity ?? []) ?? [];
    return (await findMoved(folder.root, own)) !== null;
  }
}
