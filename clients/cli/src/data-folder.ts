/** Where Cokernel keeps what is this user's own: running hubs, the terminal's history and its device id. */
import { mkdir } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';

/** COKERNEL_DATA, else `$XDG_DATA_HOME/cokernel`, else the platform's place. */
export function dataFolder(env: NodeJS.ProcessEnv, platform: NodeJS.Platform = process.platform): string {
  const home = env['HOME'] ?? homedir();
  if (env['COKERNEL_DATA']) return env['COKERNEL_DATA'];
  if (env['XDG_DATA_HOME']) return join(env['XDG_DATA_HOME'], 'cokernel');
  if (platform === 'darwin') return join(home, 'Library', 'Application Support', 'cokernel');
  return join(home, '.local', 'share', 'cokernel');
}

/** Makes it, owner-only, when it isn't there. */
export async function ensureDataFolder(env: NodeJS.ProcessEnv): Promise<string> {
  const folder = dataFolder(env);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  return folder;
}
