/**
 * The file that is about to take a notebook's place: written beside it, so that the place changes in one step, with the
 * rights of the file that it follows. It has one name a notebook and store, so that what a killed hub left is written over.
 *
 * Of hubs that save one after the other each has names of its own: one that was stopped and goes on can put nothing but its
 * own draft in the file's place, and the next hub has removed that before it wrote anything.
 */
import { createHash, type Hash } from 'node:crypto';
import { open, readdir, rename, rm, stat, type FileHandle } from 'node:fs/promises';
import path from 'node:path';
import { contentHash, isMissing } from '../room/notebook-file.js';
import { syncFolder, writeAll } from '../storage/embedded/durable-files.js';

const ENDING = '.saving';
const FLUSH_FROM = 1024 * 1024;

export class Draft {
  private readonly hash: Hash = createHash('sha256');
  private pieces: string[] = [];
  private length = 0;
  private written = 0;

  private constructor(
    private readonly target: string,
    readonly file: string,
    private readonly handle: FileHandle,
  ) {}

  /** `owner`: whose draft it is, should several programs write beside each other. `writer`: which of hubs that are one owner. */
  static async begin(target: string, owner: string, writer?: string): Promise<Draft> {
    const folder = path.dirname(target);
    const ofNotebook = `.cokernel-${contentHash(`${owner}\n${target}`).slice(0, 16)}`;
    const file = path.join(folder, `${ofNotebook}${writer === undefined ? '' : `-${writer}`}${ENDING}`);
    if (writer !== undefined) await removeDrafts(folder, ofNotebook);
    const former = await stat(target).catch((error: unknown) => {
      if (isMissing(error)) return null;
      throw error;
    });
    await rm(file, { force: true });
    const handle = await open(file, 'wx', former === null ? 0o666 : former.mode & 0o777);
    const draft = new Draft(target, file, handle);
    if (former === null) return draft;
    await draft.orRemove(async () => {
      await handle.chown(former.uid, former.gid).catch(ignoreRefusal);
      await handle.chmod(former.mode & 0o7777).catch(ignoreRefusal);
    });
    return draft;
  }

  /** Bytes so far. */
  get size(): number {
    return this.written + this.length;
  }

  async write(piece: string): Promise<void> {
    this.pieces.push(piece);
    this.length += piece.length;
    if (this.length >= FLUSH_FROM) await this.flush();
  }

  /** All of it is on the disk. Answers the hash of its bytes. */
  async finish(): Promise<string> {
    await this.flush();
    await this.handle.sync();
    await this.handle.close();
    return this.hash.digest('hex');
  }

  /** Takes the target's place. */
  async replace(): Promise<void> {
    await rename(this.file, this.target);
    await syncFolder(path.dirname(this.target)).catch(ignoreRefusal);
  }

  /** Runs a step on the draft; when it fails, the draft is gone. */
  async orRemove<T>(step: () => Promise<T>): Promise<T> {
    try {
      return await step();
    } catch (error) {
      await this.remove();
      throw error;
    }
  }

  /** Can be called twice. */
  async remove(): Promise<void> {
    await this.handle.close().catch(() => undefined);
    await rm(this.file, { force: true });
  }

  private async flush(): Promise<void> {
    const bytes = Buffer.from(this.pieces.join(''));
    this.pieces = [];
    this.length = 0;
    this.hash.update(bytes);
    await writeAll(this.handle, bytes);
    this.written += bytes.byteLength;
  }
}

/** Of hubs that were killed. */
async function removeDrafts(folder: string, ofNotebook: string): Promise<void> {
  for (const name of await readdir(folder)) {
    if (name.startsWith(ofNotebook) && name.endsWith(ENDING)) await rm(path.join(folder, name), { force: true });
  }
}

/** Some file systems know no owners, or can't sync a folder; the file is as good there as it can be. */
const REFUSALS: readonly string[] = ['EPERM', 'EINVAL', 'ENOSYS', 'ENOTSUP', 'EACCES'];

function ignoreRefusal(error: unknown): void {
  if (typeof error === 'object' && error !== null && 'code' in error && REFUSALS.includes(String(error.code))) return;
  throw error;
}
