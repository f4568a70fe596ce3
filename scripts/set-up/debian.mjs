/** Installs packages by apt-get, where that can be done without asking: on Debian and its children, as root. */
import { existsSync } from 'node:fs';
import { runProgram } from './run-program.mjs';

/** @returns {boolean} */
export function canInstallByApt() {
  return process.getuid?.() === 0 && existsSync('/etc/debian_version') && existsSync('/usr/bin/apt-get');
}

/**
 * @param {readonly string[]} packages
 * @returns {Promise<boolean>} whether they are there now
 */
export async function installByApt(packages) {
  process.stderr.write(`set-up  apt-get install ${packages.join(' ')} …\n`);
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  await runProgram('/usr/bin/apt-get', ['update', '-q'], { env });
  const install = ['install', '-q', '-y', '--no-install-recommends', ...packages];
  const { ok, output } = await runProgram('/usr/bin/apt-get', install, { env });
  if (!ok) process.stderr.write(`${output.trimEnd().split('\n').slice(-3).join('\n')}\n`);
  return ok;
}
