/** Who this terminal is: a wished name, and a device id that stays the same for this user and name. */
import { createHash, randomUUID } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { DeviceId } from '@cokernel/proto/hub';
import { ensureDataFolder } from './data-folder.js';

export interface Device {
  readonly name: string;
  readonly deviceId: DeviceId;
}

/** `name`: as given by --name; else COKERNEL_NAME, else the login name. */
export async function thisDevice(name: string | undefined, env: NodeJS.ProcessEnv): Promise<Device> {
  const wished = (name ?? env['COKERNEL_NAME'] ?? loginName()).trim().slice(0, 64) || 'guest';
  const seed = await deviceSeed(await ensureDataFolder(env));
  // Two names on one machine are two people.
  const digest = createHash('sha256').update(`${seed}\0${wished}`).digest('hex');
  return { name: wished, deviceId: DeviceId.parse(digest.slice(0, 32)) };
}

async function deviceSeed(folder: string): Promise<string> {
  const file = join(folder, 'terminal-device');
  const kept = await readFile(file, 'utf8').catch(() => '');
  if (kept.length >= 16) return kept;
  // `wx`: of two terminals that start at once, one writes and both read the same.
  await writeFile(file, randomUUID(), { mode: 0o600, flag: 'wx' }).catch(() => undefined);
  return readFile(file, 'utf8');
}

function loginName(): string {
  try {
    return userInfo().username;
  } catch {
    // A user id without an entry in the system's list, as in some containers.
    return 'guest';
  }
}
