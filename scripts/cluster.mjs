/**
 * `npm run cluster`: the hubs, keeper, Redis and proxy of docker/compose.yaml as processes of this machine. Arguments: see
 * `npm run cluster -- --help`.
 */
import { once } from 'node:events';
import { realpathSync } from 'node:fs';
import { join } from 'node:path';
import { freePorts, isFree } from './cluster/free-ports.mjs';
import { refuseLeftOver } from './cluster/left-over.mjs';
import { clusterFolder, HELP, readOptions } from './cluster/options.mjs';
import { hubName, planOf } from './cluster/plan.mjs';
import { Program } from './cluster/program.mjs';
import { takeLock } from './set-up/lock.mjs';
import { makeDataFolder } from './set-up/paths.mjs';
import { reportFailure, SetUpError } from './set-up/report.mjs';
import { setUpForCluster } from './set-up/set-up.mjs';

const DEFAULT_PORT = 8765;

try {
  const options = readOptions(process.argv.slice(2), process.env);
  if (options === null) process.stdout.write(HELP);
  else await serve(options);
} catch (error) {
  process.exitCode = reportFailure(error);
}

/** @param {import('./cluster/options.mjs').ClusterOptions} options */
async function serve(options) {
  const { notebooks } = await setUpForCluster();
  const served = realFolder(options.folder ?? notebooks);
  const folder = options.data ?? clusterFolder(served, process.env);
  makeDataFolder(folder);
  const release = takeLock(join(folder, 'cluster.lock'));
  if (release === null) throw new SetUpError(`A cluster of ${served} runs already.`, 'End it, or name another --data.');
  try {
    await refuseLeftOver(folder);
    await run({
      folder,
      served,
      token: options.token,
      leaseMs: options.leaseMs,
      ports: await portsOf(options),
      env: process.env,
    });
  } finally {
    release();
  }
}

/** @param {import('./cluster/plan.mjs').Cluster} cluster */
async function run(cluster) {
  const { redis, keeper, hubs, proxy } = planOf(cluster);
  const stages = [[redis], [keeper], hubs, [proxy]].map((stage) =>
    stage.map((planned) => new Program({ ...planned, say })),
  );
  const asked = stopAsked(() => stages.flat().forEach((program) => program.kill()));
  try {
    await Promise.race([
      once(asked, 'abort'),
      startInOrder(stages, asked).then(() => asked.aborted || say(greeting(cluster))),
    ]);
    if (!asked.aborted) await once(asked, 'abort');
    say('\nStopping the proxy, the hubs, their kernels and Redis (Ctrl-C again: at once).');
  } finally {
    for (const stage of [...stages].reverse()) await Promise.all(stage.map((program) => program.end()));
  }
}

/**
 * @param {readonly (readonly Program[])[]} stages
 * @param {AbortSignal} asked
 */
async function startInOrder(stages, asked) {
  for (const stage of stages) {
    if (!asked.aborted) await Promise.all(stage.map((program) => program.start()));
  }
}

/**
 * @param {() => void} atOnce when somebody asks a second time
 * @returns {AbortSignal}
 */
function stopAsked(atOnce) {
  const asked = new AbortController();
  const ask = () => (asked.signal.aborted ? atOnce() : asked.abort());
  process.on('SIGINT', ask).on('SIGTERM', ask);
  return asked.signal;
}

/** @param {import('./cluster/plan.mjs').Cluster} cluster */
function greeting({ folder, served, token, ports }) {
  const hubs = ports.hubs.map((port, index) => `${hubName(index)} http://127.0.0.1:${port}`);
  return [
    hubs.length === 1 ? `One hub serves ${served}` : `${hubs.length} hubs serve ${served} as one`,
    `  http://127.0.0.1:${ports.proxy}/?token=${token}`,
    `  ${hubs.join(', ')}; what they say is in ${join(folder, 'logs')}`,
    'Ctrl-C stops all of it and its kernels.',
  ].join('\n');
}

/**
 * The proxy's port and, behind it, those of the others.
 * @param {import('./cluster/options.mjs').ClusterOptions} options
 */
async function portsOf({ port, hubs: count }) {
  if (port !== null && !(await isFree(port))) {
    throw new SetUpError(`Somebody listens at port ${port} already.`, 'Name another by --port.');
  }
  const [proxy = 0, redis = 0, ...hubs] = await freePorts(count + 2, port ?? DEFAULT_PORT);
  return { proxy, redis, hubs };
}

/** @param {string} folder */
function realFolder(folder) {
  try {
    return realpathSync(folder);
  } catch {
    throw new SetUpError(`There is no folder '${folder}'.`, 'Make it, or name another.');
  }
}

/** @param {string} line */
function say(line) {
  process.stdout.write(`${line}\n`);
}
