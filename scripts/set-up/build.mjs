/**
 * Builds what runs: one bundle a process by esbuild, with the workspaces' sources inside and every other package
 * outside, and the page by vite. A bundle is built again only when a source that it may hold has changed.
 */
import { cpSync, existsSync, rmSync } from 'node:fs';
import { builtinModules } from 'node:module';
import { join } from 'node:path';
import { SetUpError } from './report.mjs';
import { runProgram } from './run-program.mjs';
import { fingerprint, readText, writeStamp } from './stamp.mjs';

/**
 * @typedef {object} Target
 * @property {string} name
 * @property {string} output its folder
 * @property {readonly string[]} sources what it may hold; a change in them makes it stale
 * @property {(root: string) => Promise<void>} build
 */

const shared = ['package-lock.json', 'scripts/set-up/build.mjs', 'proto/src'];

/** @type {readonly Target[]} */
export const targets = [
  { name: 'hub', output: 'hub/dist', sources: [...shared, 'hub/src'], build: buildHub },
  {
    name: 'terminal',
    output: 'clients/cli/dist',
    sources: [...shared, 'clients/core/src', 'clients/cli/src'],
    build: (root) => bundle(root, { 'clients/cli/dist/main': 'clients/cli/src/main.ts' }, everythingInside),
  },
  {
    name: 'page',
    output: 'clients/web/dist',
    sources: [
      ...shared,
      ...['clients/core/src', 'clients/core/package.json', 'tsconfig.base.json'],
      ...['src', 'public', 'index.html', 'vite.config.ts', 'tsconfig.json'].map((name) => `clients/web/${name}`),
    ],
    build: buildPage,
  },
];

/**
 * @param {string} root of the repository
 * @returns {Promise<import('./report.mjs').StepResult>}
 */
export async function build(root) {
  const stale = targets.filter((target) => readText(stampOf(root, target)) !== wanted(root, target));
  if (stale.length === 0) return { changed: false, detail: 'built' };
  process.stderr.write(`set-up  build: ${stale.map((target) => target.name).join(', ')} …\n`);
  await Promise.all(stale.map((target) => buildTarget(root, target)));
  return { changed: true, detail: stale.map((target) => target.name).join(', ') };
}

/**
 * @param {string} root
 * @param {Target} target
 */
async function buildTarget(root, target) {
  // Taken before: a source that is written during the build makes the bundle stale again.
  const inputs = wanted(root, target);
  await target.build(root);
  writeStamp(stampOf(root, target), inputs);
}

/**
 * @param {string} root
 * @param {Target} target
 */
function stampOf(root, target) {
  return join(root, target.output, '.cokernel-build');
}

/**
 * @param {string} root
 * @param {Target} target
 */
function wanted(root, target) {
  return fingerprint(target.sources.map((source) => join(root, source)));
}

/** @param {string} root */
async function buildHub(root) {
  await bundle(
    root,
    {
      'hub/dist/main': 'hub/src/main.ts',
      'hub/dist/keeper': 'hub/src/keeper/main.ts',
      'hub/dist/save-worker': 'hub/src/save-worker/save-worker.ts',
      'hub/dist/compaction-worker': 'hub/src/storage/compaction-worker.ts',
    },
    packagesOutside,
  );
  const scripts = join(root, 'hub/src/storage/redis/scripts');
  const copies = join(root, 'hub/dist/scripts');
  rmSync(copies, { recursive: true, force: true });
  if (existsSync(scripts)) cpSync(scripts, copies, { recursive: true });
}

/**
 * @param {string} root
 * @param {Record<string, string>} entryPoints output without ending → source
 * @param {import('esbuild').BuildOptions} packages which packages lie in the bundle
 */
async function bundle(root, entryPoints, packages) {
  const esbuild = await import('esbuild');
  try {
    await esbuild.build({
      absWorkingDir: root,
      entryPoints,
      outdir: '.',
      bundle: true,
      platform: 'node',
      format: 'esm',
      target: 'node20',
      sourcemap: true,
      logLevel: 'silent',
      ...packages,
    });
  } catch (error) {
    if (error instanceof Error)
      throw new SetUpError(error.message, 'The sources do not build: npm run check says more.');
    throw error;
  }
}

/** Keeps every package but our own workspaces out of a bundle: natives and their loaders need their real place. */
const packagesOutsidePlugin = {
  name: 'packages-outside',
  /** @param {import('esbuild').PluginBuild} build */
  setup(build) {
    // '#…' is an import of a workspace's own.
    build.onResolve({ filter: /^[^./#]/ }, ({ path, kind }) => {
      if (kind === 'entry-point' || path.startsWith('@cokernel/')) return undefined;
      return { path, external: true, sideEffects: !builtinModules.includes(path.replace(/^node:/, '')) };
    });
  },
};

/** @type {import('esbuild').BuildOptions} */
const packagesOutside = { plugins: [packagesOutsidePlugin] };

/**
 * The terminal must be there at once: one file loads in half the time of a hundred. cli-highlight finds its languages by
 * name and stays outside, and is loaded when it is wanted; packages of the older module form ask for `require`.
 * @type {import('esbuild').BuildOptions}
 */
const everythingInside = {
  minify: true,
  external: ['cli-highlight', 'bufferutil', 'utf-8-validate'],
  banner: { js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);" },
};

/** @param {string} root */
async function buildPage(root) {
  const vite = join(root, 'node_modules/vite/bin/vite.js');
  const { ok, output } = await runProgram(process.execPath, [vite, 'build', '--logLevel', 'warn'], {
    cwd: join(root, 'clients/web'),
    env: { ...process.env, NODE_ENV: 'production' },
  });
  if (!ok) throw new SetUpError(output.trimEnd(), 'The page does not build: npm run check says more.');
}
