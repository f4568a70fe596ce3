/** The hubs that run for this user: each writes an owner-only file `<data folder>/hubs/<host>-<pid>.json` while it listens. */
import { readFile, readdir } from 'node:fs/promises';
import { hostname } from 'node:os';
import { isAbsolute, join, relative } from 'node:path';
import { z } from 'zod';

const RunningHub = z.object({
  url: z.string(),
  token: z.string(),
  /** The served folder, absolute. */
  folder: z.string(),
  /** Whose process ids these are; containers may share the data folder. */
  host: z.string(),
  pid: z.number().int(),
});
export type RunningHub = z.infer<typeof RunningHub>;

/** Those of this host whose process is alive; a file that can't be read is another version's or half written, and is passed over. */
export async function runningHubs(dataFolder: string): Promise<RunningHub[]> {
  const folder = join(dataFolder, 'hubs');
  const names = await readdir(folder).catch(() => []);
  const hubs = await Promise.all(
    names.filter((name) => name.endsWith('.json')).map((name) => read(join(folder, name))),
  );
  return hubs.filter((hub) => hub !== null).filter((hub) => hub.host === hostname() && isAlive(hub.pid));
}

/** Pure: the hub that is meant: of the only folder that is served, or of the only one that the current folder is in. */
export function chooseHub(hubs: readonly RunningHub[], currentFolder: string): RunningHub | 'none' | 'several' {
  if (hubs.length === 0) return 'none';
  const here = hubs.filter((hub) => contains(hub.folder, currentFolder));
  const [meant, ...others] = here.length > 0 ? here : hubs;
  // Hubs of one folder are one: any of them will do.
  return meant === undefined || others.some(({ folder }) => folder !== meant.folder) ? 'several' : meant;
}

/** Pure: is `path` the folder or in it? */
export function contains(folder: string, path: string): boolean {
  const way = relative(folder, path);
  return way === '' || (way !== '..' && !way.startsWith('../') && !isAbsolute(way));
}

async function read(file: string): Promise<RunningHub | null> {
  try {
    return RunningHub.parse(JSON.parse(await readFile(file, 'utf8')));
  } catch {
    return null;
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // EPERM: it lives, but is another user's (the same data folder by COKERNEL_DATA).
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}
