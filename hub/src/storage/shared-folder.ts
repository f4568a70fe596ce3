/**
 * Whether a hub shares its served folder and its store with the other hubs of its Redis, as it must: each of the two
 * has a marker, a file with a random id, and Redis has the ids that the first hub found or made. A hub that finds other
 * ones, or none, does not start: it would save its notebooks where the others don't see them.
 */
import { randomUUID } from 'node:crypto';
import { constants, copyFile, link, mkdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { FolderId } from '@cokernel/proto/hub';
import { z } from 'zod';
import { StartError } from '../errors.js';
import { FOLDER_MARKER } from '../room/served-folder.js';
import { hasCode, ownerOnlyFolder, readIfThere, syncFolder } from './embedded/durable-files.js';

export const SharedIds = z.object({ folder: FolderId, store: z.string().min(1) });
export type SharedIds = z.infer<typeof SharedIds>;

/** Where the hubs agree on them. */
export interface FolderRecord {
  /** Null when no hub was here yet. */
  read(): Promise<SharedIds | null>;
  /** Proposes these; answers the ones that hold, of whoever proposed first. */
  agree(proposed: SharedIds): Promise<SharedIds>;
}

export interface SharedFolderOptions {
  /** The served folder. */
  readonly folder: string;
  /** Of this folder, in the data folder; made when missing. */
  readonly storeDirectory: string;
  readonly record: FolderRecord;
  /** How Redis is shown: no secret stands in it. */
  readonly redisPlace: string;
}

/** The id of the folder that all hubs of this Redis serve. Throws `StartError` when this one's folder or store is another. */
export async function sharedFolderId(options: SharedFolderOptions): Promise<FolderId> {
  const { folder, storeDirectory, record } = options;
  const markers = { folder: join(folder, FOLDER_MARKER), store: join(storeDirectory, FOLDER_MARKER) };
  const agreed = (await record.read()) ?? (await record.agree(await proposal(markers)));
  if ((await idIn(markers.folder)) !== agreed.folder) throw otherFolder(options, agreed, markers.folder);
  if ((await idIn(markers.store)) !== agreed.store) throw otherStore(options, agreed, markers.store);
  return agreed.folder;
}

interface Markers {
  readonly folder: string;
  readonly store: string;
}

/** Markers that are there hold: of a Redis that was emptied, or of another hub that starts at this moment. */
async function proposal(markers: Markers): Promise<SharedIds> {
  const [folder, store] = [await idMadeIn(markers.folder), await idMadeIn(markers.store)];
  return { folder: FolderId.parse(folder), store };
}

async function idIn(marker: string): Promise<string | null> {
  const text = (await readIfThere(marker))?.toString('utf8').trim();
  return text === undefined || text === '' ? null : text;
}

/** Of hubs that make it at the same moment, one does, and the others read what it wrote. */
async function idMadeIn(marker: string): Promise<string> {
  const there = await idIn(marker);
  if (there !== null) return there;
  await mkdir(dirname(marker), { recursive: true, mode: ownerOnlyFolder });
  const draft = `${marker}.${randomUUID()}`;
  await writeFile(draft, `${randomUUID()}\n`, { flush: true });
  try {
    await linkOrCopy(draft, marker);
    await syncFolder(dirname(marker));
  } catch (error) {
    if (!hasCode(error, 'EEXIST')) throw error;
  } finally {
    await rm(draft, { force: true });
  }
  const made = await idIn(marker);
  if (made === null) throw new StartError(`'${marker}' is empty: remove it`);
  return made;
}

/** Under a name that is not taken; some file systems have no links. */
async function linkOrCopy(from: string, to: string): Promise<void> {
  try {
    await link(from, to);
  } catch (error) {
    if (hasCode(error, 'EEXIST')) throw error;
    await copyFile(from, to, constants.COPYFILE_EXCL);
  }
}

function otherFolder({ folder, redisPlace }: SharedFolderOptions, agreed: SharedIds, marker: string): StartError {
  return new StartError(
    `the hubs at Redis ${redisPlace} serve another folder than '${folder}'. Serve the one that they share, mounted here too, ` +
      `or name another Redis. (Is this the one, and its marker was lost? Then write ${agreed.folder} into '${marker}'.)`,
  );
}

function otherStore(
  { storeDirectory, redisPlace }: SharedFolderOptions,
  agreed: SharedIds,
  marker: string,
): StartError {
  return new StartError(
    `the hubs at Redis ${redisPlace} keep what they store elsewhere than in '${storeDirectory}'. Let COKERNEL_DATA be the one ` +
      `that they share, mounted here too, and serve the folder under the same path as they do. (Is this the one, and its marker ` +
      `was lost? Then write ${agreed.store} into '${marker}'.)`,
  );
}
