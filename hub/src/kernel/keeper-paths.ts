/**
 * Where a data folder's keeper lies, so that every hub and every keeper of one data folder meet at one place,
 * whatever their environment. A socket's path may be about 100 bytes long (108 on Linux, 104 on macOS): where the
 * data folder's own is longer, the sockets lie in an owner-only folder under /tmp, named by the data folder's hash.
 * /tmp rather than TMPDIR or XDG_RUNTIME_DIR: these may differ between two shells of one person.
 */
import { createHash } from 'node:crypto';
import { lstat, mkdir, realpath } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { join } from 'node:path';

const MAX_SOCKET_PATH_BYTES = 100;
const PUBLIC_NAME = 'keeper.sock';

/** The longest name that is bound or connected to; single-instance.ts makes the other two. */
const LONGEST_NAME_BYTES = 12;

export interface KeeperPaths {
  /** The data folder without symbolic links. */
  readonly dataDir: string;
  /** Holds all the keeper's sockets. */
  readonly socketDir: string;
  /** What hubs connect to. */
  readonly socketPath: string;
  readonly logPath: string;
}

/** Makes the folders where they are missing; rejects when the one under /tmp is not safely ours. */
export async function keeperPaths(dataDir: string): Promise<KeeperPaths> {
  await mkdir(dataDir, { recursive: true, mode: 0o700 });
  const real = await realpath(dataDir);
  const fits = Buffer.byteLength(real) + 1 + LONGEST_NAME_BYTES <= MAX_SOCKET_PATH_BYTES;
  const socketDir = fits ? real : await shortFolder(real);
  return { dataDir: real, socketDir, socketPath: join(socketDir, PUBLIC_NAME), logPath: join(real, 'keeper.log') };
}

async function shortFolder(dataDir: string): Promise<string> {
  const parent = join('/tmp', `cokernel-${userInfo().uid}`);
  await ownFolder(parent);
  const folder = join(parent, createHash('sha256').update(dataDir).digest('hex').slice(0, 16));
  await ownFolder(folder);
  return folder;
}

/** Somebody else may have made the folder before us, to listen in our place. */
async function ownFolder(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const found = await lstat(folder);
  const safe = found.isDirectory() && found.uid === userInfo().uid && (found.mode & 0o077) === 0;
  if (!safe) throw new Error(`${folder} is not a folder that only you can use: remove it and try again`);
}
