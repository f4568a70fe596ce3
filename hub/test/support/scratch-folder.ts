/** A folder of a test's own, gone afterwards. */
import { mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

export interface ScratchFolder {
  /** Absolute, links resolved. */
  readonly path: string;
  remove(): Promise<void>;
}

export async function scratchFolder(): Promise<ScratchFolder> {
  const folder = await realpath(await mkdtemp(path.join(tmpdir(), 'cokernel-hub-')));
  return { path: folder, remove: () => rm(folder, { recursive: true, force: true }) };
}
