/**
 * FolderLock: one hub a served folder. Each contender makes an empty file of its own, whose name says which process it
 * is, and then looks for others: one of a living process means that the lock is not to be had. Whoever came later
 * sees who came earlier, so no two ever hold it; two that come at once may both step back, and try again. Names
 * are never used twice, so the file of a dead process can be removed without a race.
 *
 * Reaches as far as process ids do: not between machines or containers that share a folder.
 */
import { randomUUID } from 'node:crypto';
import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import writeFileAtomic from 'write-file-atomic';
import { z } from 'zod';
import { ownerOnly, ownerOnlyFolder, readIfThere } from './durable-files.js';
import { startOf } from './process-identity.js';

const LockHolder = z.object({
  pid: z.number().int().positive(),
  /** Where the hub is reached; null until it listens. */
  url: z.string().nullable(),
});
type LockHolder = z.infer<typeof LockHolder>;

interface FolderLock {
  /** Says what others are told who come in vain. */
  update(holder: LockHolder): Promise<void>;
  /** Can be called twice. */
  release(): Promise<void>;
}

export type LockOutcome =
  | { readonly outcome: 'acquired'; readonly lock: FolderLock }
  | { readonly outcome: 'held'; readonly holder: LockHolder };

/** A contender stays undecided for some milliseconds; after so many tries it is taken for the holder. */
const tries = 40;
const pauseMs = { least: 10, spread: 40 } as const;

/** Makes the folder when it is missing. Throws only what the file system throws. */
export async function acquireFolderLock(folder: string, info: { readonly url: string | null }): Promise<LockOutcome> {
  await mkdir(folder, { recursive: true, mode: ownerOnlyFolder });
  for (let tried = 1; ; tried += 1) {
    const mine = await claimName(folder);
    const rival = await livingRival(folder, mine);
    if (rival === null) {
      const lock = heldLock(folder, mine);
      await lock.update({ pid: process.pid, url: info.url });
      return { outcome: 'acquired', lock };
    }
    await removeClaim(folder, mine);
    const holder = await readHolder(folder, rival);
    if (holder !== null) return { outcome: 'held', holder };
    if (tried === tries) return { outcome: 'held', holder: { pid: rival.pid, url: null } };
    await pause(pauseMs.least + Math.random() * pauseMs.spread);
  }
}

/** Who holds it; null: nobody does. Asks for nothing, so that any number may look at once. */
export async function folderLockHolder(folder: string): Promise<LockHolder | null> {
  await mkdir(folder, { recursive: true, mode: ownerOnlyFolder });
  for (const entry of await readdir(folder)) {
    const claim = parseClaim(entry);
    if (claim === null || (await startOf(claim.pid)) !== claim.start) continue;
    const holder = await readHolder(folder, claim);
    if (holder !== null) return holder;
  }
  return null;
}

/** `hub-PID-START-NONCE.lock`, and beside it, once it holds the lock, the same with `.json`. */
interface Claim {
  readonly name: string;
  readonly pid: number;
  readonly start: string;
}

async function claimName(folder: string): Promise<Claim> {
  const start = (await startOf(process.pid)) ?? 'unknown';
  const claim = { name: `hub-${String(process.pid)}-${start}-${randomUUID()}`, pid: process.pid, start };
  await writeFile(join(folder, `${claim.name}.lock`), '', { mode: ownerOnly, flag: 'wx' });
  return claim;
}

async function livingRival(folder: string, mine: Claim): Promise<Claim | null> {
  for (const entry of await readdir(folder)) {
    const claim = parseClaim(entry);
    if (claim === null || claim.name === mine.name) continue;
    if ((await startOf(claim.pid)) === claim.start) return claim;
    await removeClaim(folder, claim);
  }
  return null;
}

function parseClaim(entry: string): Claim | null {
  const match = /^(hub-(\d+)-([A-Za-z0-9]+)-[0-9a-f-]{36})\.lock$/.exec(entry);
  if (match?.[1] === undefined || match[3] === undefined) return null;
  return { name: match[1], pid: Number(match[2]), start: match[3] };
}

function heldLock(folder: string, claim: Claim): FolderLock {
  return {
    update: (holder) =>
      writeFileAtomic(join(folder, `${claim.name}.json`), `${JSON.stringify(holder)}\n`, { mode: ownerOnly }),
    release: () => removeClaim(folder, claim),
  };
}

async function readHolder(folder: string, { name }: Claim): Promise<LockHolder | null> {
  const file = await readIfThere(join(folder, `${name}.json`));
  return file === null ? null : LockHolder.parse(JSON.parse(file.toString('utf8')));
}

/** What it says goes first: a lock without a holder is one that is being decided. */
async function removeClaim(folder: string, { name }: Claim): Promise<void> {
  await rm(join(folder, `${name}.json`), { force: true });
  await rm(join(folder, `${name}.lock`), { force: true });
}
