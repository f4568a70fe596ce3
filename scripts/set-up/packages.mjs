/**
 * Brings node_modules to what package-lock.json says, by `npm ci --ignore-scripts`, and only when the lockfile has
 * changed since. Packages that a person installed by npm themselves count as done: npm leaves a copy of the lockfile
 * inside node_modules that tells what lies there.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { findNpm } from './npm.mjs';
import { SetUpError } from './report.mjs';
import { runProgram } from './run-program.mjs';
import { hashOf, readText, writeStamp } from './stamp.mjs';

/**
 * @param {string} root of the repository
 * @param {NodeJS.ProcessEnv} env
 * @returns {Promise<import('./report.mjs').StepResult>}
 */
export async function installPackages(root, env) {
  const lockfile = readFileSync(join(root, 'package-lock.json'), 'utf8');
  const stamp = join(root, 'node_modules', '.cokernel-packages');
  const wanted = hashOf(lockfile);
  if (readText(stamp) === wanted) return { changed: false, detail: 'installed' };
  if (isInstalled(lockfile, readText(join(root, 'node_modules', '.package-lock.json')))) {
    writeStamp(stamp, wanted);
    return { changed: false, detail: 'installed by npm' };
  }
  process.stderr.write('set-up  packages: npm ci …\n');
  const { ok, output } = await runProgram(process.execPath, [findNpm(env), 'ci', ...npmOptions], {
    cwd: root,
    // npm must not take `npm start`'s own settings for settings of the installation.
    env: withoutNpmSettings(env),
  });
  if (!ok)
    throw new SetUpError(lastLines(output), 'npm ci failed: check the network, then run the same command again.');
  writeStamp(stamp, wanted);
  return { changed: true, detail: 'npm ci' };
}

const npmOptions = ['--ignore-scripts', '--include=dev', '--include=optional', '--no-audit', '--no-fund'];

/** @param {NodeJS.ProcessEnv} env */
function withoutNpmSettings(env) {
  const own = /^npm_(package|lifecycle|command|config_(local_prefix|global_prefix|omit|include))/;
  return Object.fromEntries(Object.entries(env).filter(([name]) => !own.test(name)));
}

/** @param {string} output */
function lastLines(output) {
  return output.trimEnd().split('\n').slice(-8).join('\n');
}

/**
 * Does node_modules hold each package that the lockfile names, in that version? Optional ones (those of other
 * platforms) may be missing.
 * @param {string} lockfile
 * @param {string | null} installed npm's own note in node_modules
 */
export function isInstalled(lockfile, installed) {
  if (installed === null) return false;
  const there = packagesOf(installed);
  return Object.entries(packagesOf(lockfile)).every(([path, entry]) => {
    if (path === '' || !path.startsWith('node_modules/')) return true;
    const found = there[path];
    return found === undefined ? entry.optional === true : found.version === entry.version;
  });
}

/**
 * @param {string} lockfile
 * @returns {Record<string, { version?: string, optional?: boolean }>}
 */
function packagesOf(lockfile) {
  /** @type {{ packages: Record<string, { version?: string, optional?: boolean }> }} */
  const { packages } = JSON.parse(lockfile);
  return packages;
}
