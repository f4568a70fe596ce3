/**
 * At most one keeper a data folder, with no race between several that start, or between one that starts and the
 * remains of one that was killed.
 *
 * The lock is a listening socket: it is held exactly as long as its process lives. Sockets of former keepers stay as
 * files, so each keeper takes the next number: it listens under a name of its own, then links that to `keeper.<n>`,
 * n one above the highest there is; a link fails when another was faster. Nobody ever removes the highest number, so it
 * only grows. `keeper.sock`, which hubs connect to, becomes the winner's when it is ready for them. A keeper that
 * leaves withdraws that name first and keeps the lock until its kernels have ended: who starts meanwhile waits.
 */
import { randomBytes } from 'node:crypto';
import { chmod, link, readdir, rename, rm } from 'node:fs/promises';
import { connect, type Server } from 'node:net';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { errorCode } from '../kernel/error-code.js';
import type { KeeperPaths } from '../kernel/keeper-paths.js';

const NUMBERED = /^keeper\.(\d+)$/;

/** As long as a keeper that leaves may take to end its kernels (J10), and more. */
const WAIT_FOR_LEAVING_MS = 20_000;
const LOOK_AGAIN_MS = 50;

/**
 * Binds the server; false when another keeper lives. Hubs find this one after `prepare`. The caller closes the server
 * in both cases.
 */
export async function listenAlone(server: Server, paths: KeeperPaths, prepare: () => void): Promise<boolean> {
  const ownPath = join(paths.socketDir, `k-${randomBytes(4).toString('hex')}`);
  await listen(server, ownPath);
  try {
    await chmod(ownPath, 0o600);
    const number = await takeNumber(ownPath, paths);
    if (number === null) return false;
    prepare();
    await rename(ownPath, paths.socketPath);
    await removeFormer(paths.socketDir, number);
    return true;
  } finally {
    await rm(ownPath, { force: true });
  }
}

/** Hubs no longer find this keeper; the lock is held until the server is closed. */
export async function withdraw(paths: KeeperPaths): Promise<void> {
  await rm(paths.socketPath, { force: true });
}

async function takeNumber(ownPath: string, { socketDir, socketPath }: KeeperPaths): Promise<number | null> {
  const deadline = performance.now() + WAIT_FOR_LEAVING_MS;
  for (;;) {
    const highest = Math.max(0, ...(await numbersIn(socketDir)));
    if (highest > 0 && (await isListening(join(socketDir, `keeper.${highest}`)))) {
      // One that has the lock but not the name has just come, or is about to go.
      if ((await isListening(socketPath)) || performance.now() > deadline) return null;
      await delay(LOOK_AGAIN_MS);
      continue;
    }
    if (await linkIfFree(ownPath, join(socketDir, `keeper.${highest + 1}`))) return highest + 1;
  }
}

async function removeFormer(socketDir: string, own: number): Promise<void> {
  const former = (await numbersIn(socketDir)).filter((number) => number < own);
  await Promise.all(former.map((number) => rm(join(socketDir, `keeper.${number}`), { force: true })));
}

async function numbersIn(socketDir: string): Promise<number[]> {
  const names = await readdir(socketDir);
  return names.flatMap((name) => {
    const number = NUMBERED.exec(name)?.[1];
    return number === undefined ? [] : [Number(number)];
  });
}

async function linkIfFree(from: string, to: string): Promise<boolean> {
  try {
    await link(from, to);
    return true;
  } catch (error) {
    if (errorCode(error) === 'EEXIST') return false;
    throw error;
  }
}

/** The socket is bound before this returns to the event loop, so the mask holds for it and for nothing else. */
async function listen(server: Server, path: string): Promise<void> {
  const listening = new Promise<void>((resolve, reject) => {
    server.once('listening', resolve).once('error', reject);
  });
  const mask = process.umask(0o177);
  server.listen(path);
  process.umask(mask);
  await listening;
}

function isListening(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path);
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => {
      resolve(false);
    });
  });
}
