/**
 * The served folder: the only place of the disk that people reach. A path is relative to it, with `/`; whatever it
 * holds, it never leads out (links are resolved before the check, the check is by path segments).
 */
import { lstat, readdir, realpath, rmdir, stat, unlink } from 'node:fs/promises';
import path from 'node:path';
import { mustHold, ofOneHub, type Right } from '../right.js';

/** Says which folder this is to hubs that serve it together. Theirs alone: nobody else finds it there, or can put anything in its place. */
export const FOLDER_MARKER = '.cokernel-folder';

export interface FolderEntry {
  readonly name: string;
  /** Relative to the served folder, with `/`. */
  readonly path: string;
  readonly type: 'directory' | 'notebook' | 'file';
  readonly size: number;
  readonly modified: Date;
}

export class PathError extends Error {
  override readonly name = 'PathError';
  constructor(
    readonly code: 'outside' | 'missing' | 'taken' | 'noFolder' | 'notEmpty',
    message: string,
  ) {
    super(message);
  }
}

export class ServedFolder {
  /** `root`: absolute, links resolved. `right`: to change what is in it. */
  constructor(
    readonly root: string,
    private readonly right: Right = ofOneHub,
  ) {}

  /** Right before anything in it is changed. Throws `LeaseEnded`. */
  mustBeOurs(): void {
    mustHold(this.right);
  }

  /** The absolute path of something that exists, links resolved. Throws `PathError`. */
  async resolve(relative: string): Promise<string> {
    const absolute = this.inside(relative);
    const real = await realpath(absolute).catch(() => {
      throw new PathError('missing', `there is no '${relative}' in the served folder`);
    });
    return this.checked(real, relative);
  }

  /** The absolute path of something that may not exist yet; its folder must. */
  async resolveNew(relative: string): Promise<string> {
    const absolute = this.inside(relative);
    const folder = await this.resolveFolder(this.relative(path.dirname(absolute)));
    return path.join(folder, path.basename(absolute));
  }

  /** The absolute path of a folder that exists, links resolved. Throws `PathError`. */
  async resolveFolder(relative: string): Promise<string> {
    const absolute = await this.resolve(relative);
    if (!(await stat(absolute)).isDirectory()) {
      throw new PathError('noFolder', `'${relative}' is a file: nothing can lie in it`);
    }
    return absolute;
  }

  /** Removes a file, a link but not where it leads, or a folder that is empty. Throws `PathError`. */
  async remove(relative: string): Promise<void> {
    const absolute = await this.resolveNew(relative);
    const kind = await lstat(absolute).catch(() => null);
    if (kind === null) throw new PathError('missing', `there is no '${relative}' in the served folder`);
    this.mustBeOurs();
    if (!kind.isDirectory()) return unlink(absolute);
    if ((await readdir(absolute)).length > 0) throw new PathError('notEmpty', `the folder '${relative}' is not empty`);
    await rmdir(absolute);
  }

  /** A path as clients see it. */
  relative(absolute: string): string {
    return path.relative(this.root, absolute).split(path.sep).join('/');
  }

  /** What is in a folder: folders first, then by name; hidden entries are left out. */
  async list(relative: string): Promise<readonly FolderEntry[]> {
    const folder = await this.resolve(relative);
    const names = (await readdir(folder)).filter((name) => !name.startsWith('.'));
    const entries = await Promise.all(
      names.map((name) => this.entry(path.posix.join(relative, name)).catch(() => null)),
    );
    return entries
      .filter((entry) => entry !== null)
      .sort((a, b) => rank(a) - rank(b) || a.name.localeCompare(b.name, undefined, { numeric: true }));
  }

  async entry(relative: string): Promise<FolderEntry> {
    const absolute = await this.resolve(relative);
    const { size, mtime } = await stat(absolute).catch(() => {
      throw new PathError('missing', `there is no '${relative}' in the served folder`);
    });
    const directory = (await stat(absolute)).isDirectory();
    const type = directory ? 'directory' : relative.endsWith('.ipynb') ? 'notebook' : 'file';
    return { name: path.posix.basename(relative), path: relative, type, size, modified: mtime };
  }

  private inside(relative: string): string {
    if (relative.includes('\0')) throw new PathError('outside', 'a path has no NUL in it');
    return this.checked(path.resolve(this.root, ...relative.split('/').filter((part) => part !== '')), relative);
  }

  private checked(absolute: string, relative: string): string {
    const steps = path.relative(this.root, absolute).split(path.sep);
    if (steps[0] === '..' || path.isAbsolute(steps.join(path.sep))) {
      throw new PathError('outside', `'${relative}' leads out of the served folder`);
    }
    if (steps[0] === FOLDER_MARKER) throw new PathError('missing', `there is no '${relative}' in the served folder`);
    return absolute;
  }
}

function rank(entry: FolderEntry): number {
  return entry.type === 'directory' ? 0 : 1;
}
