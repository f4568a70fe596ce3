/** Where things lie: the repository, and the data folder (design: COKERNEL_DATA, else the platform's own place). */
import { chmodSync, mkdirSync } from 'node:fs';
import { homedir, platform } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

export const repository = fileURLToPath(new URL('../..', import.meta.url));

/**
 * @param {NodeJS.ProcessEnv} env
 * @param {NodeJS.Platform} [os]
 * @returns {string} absolute; not made yet
 */
export function dataFolder(env, os = platform()) {
  if (env['COKERNEL_DATA']) return resolve(env['COKERNEL_DATA']);
  const home = env['HOME'] ?? homedir();
  if (env['XDG_DATA_HOME']) return join(env['XDG_DATA_HOME'], 'cokernel');
  if (os === 'darwin') return join(home, 'Library', 'Application Support', 'cokernel');
  return join(home, '.local', 'share', 'cokernel');
}

/**
 * Makes the data folder if need be; only its owner may look into it.
 * @param {string} folder
 */
export function makeDataFolder(folder) {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  chmodSync(folder, 0o700);
}
