/** The processes of one cluster: what each is started with, and where it lies. Writes their configuration. */
import { randomBytes } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import { delimiter, join } from 'node:path';
import { dataFolder, makeDataFolder, repository } from '../set-up/paths.mjs';
import { findProgram } from '../set-up/run-program.mjs';
import { programPath } from '../set-up/test-programs.mjs';
import { environmentOf, proxyConfiguration, proxyMain, redisConfiguration } from './environment.mjs';
import { isReady, redisAnswers } from './probes.mjs';

/**
 * @typedef {object} Cluster
 * @property {string} folder where all state lies
 * @property {string} served
 * @property {string} token
 * @property {number | null} leaseMs
 * @property {{ readonly proxy: number, readonly redis: number, readonly hubs: readonly number[] }} ports
 * @property {NodeJS.ProcessEnv} env
 */

/** @typedef {Omit<import('./program.mjs').ProgramOptions, 'say'>} Planned */

/**
 * @param {Cluster} cluster
 * @returns {{ readonly redis: Planned, readonly keeper: Planned, readonly hubs: readonly Planned[], readonly proxy: Planned }}
 */
export function planOf(cluster) {
  for (const name of ['', 'data', 'redis', 'nginx', 'logs']) makeDataFolder(join(cluster.folder, name));
  const password = randomBytes(24).toString('hex');
  return {
    redis: redis(cluster, password),
    keeper: keeper(cluster),
    hubs: cluster.ports.hubs.map((port, index) => hub(cluster, password, port, index)),
    proxy: proxy(cluster),
  };
}

/** @param {number} index */
export function hubName(index) {
  return `hub-${String.fromCharCode('a'.charCodeAt(0) + index)}`;
}

/**
 * @param {Cluster} cluster
 * @param {string} password
 * @returns {Planned}
 */
function redis(cluster, password) {
  const { redis: port } = cluster.ports;
  const folder = join(cluster.folder, 'redis');
  const file = join(folder, 'redis.conf');
  writeOwn(file, redisConfiguration(settings('redis.conf'), { port, folder, password }));
  return {
    ...common(cluster, 'redis'),
    command: [server('redis-server'), file],
    isReady: () => redisAnswers(port, password),
  };
}

/**
 * It is not told what the hubs are: kernels have its environment.
 * @param {Cluster} cluster
 * @returns {Planned}
 */
function keeper(cluster) {
  const { COKERNEL_TOKEN: _token, COKERNEL_METRICS_TOKEN: _metrics, REDIS_URL: _redis, ...env } = cluster.env;
  const program = join(repository, 'hub', 'dist', 'keeper.js');
  const args = ['--data-dir', join(cluster.folder, 'data'), '--idle-exit-ms', 'never'];
  return {
    ...common(cluster, 'keeper'),
    command: [process.execPath, '--max-semi-space-size=2', program, ...args],
    env,
    // The hubs wait for it.
    isReady: () => Promise.resolve(true),
  };
}

/**
 * @param {Cluster} cluster
 * @param {string} password
 * @param {number} port
 * @param {number} index
 * @returns {Planned}
 */
function hub(cluster, password, port, index) {
  const address = `http://127.0.0.1:${port}`;
  const places = { redis: `:${password}@127.0.0.1:${cluster.ports.redis}`, data: join(cluster.folder, 'data') };
  const kernels = [join(dataFolder(cluster.env), '.venv', 'share', 'jupyter'), cluster.env['JUPYTER_PATH'] ?? ''];
  const program = join(repository, 'hub', 'dist', 'main.js');
  const listening = ['--host', '127.0.0.1', '--port', String(port), '--no-open', '--log-level', 'info'];
  return {
    ...common(cluster, hubName(index)),
    command: [process.execPath, program, cluster.served, ...listening],
    env: {
      ...cluster.env,
      ...environmentOf(settings('hub.env'), places),
      ...(cluster.leaseMs === null ? {} : { COKERNEL_LEASE_MS: String(cluster.leaseMs) }),
      COKERNEL_TOKEN: cluster.token,
      COKERNEL_PEER_ADDRESS: address,
      JUPYTER_PATH: kernels.filter((part) => part !== '').join(delimiter),
    },
    // As Ctrl-C ends a hub alone: with its kernels.
    endsBy: 'SIGINT',
    isReady: () => isReady(address),
  };
}

/**
 * @param {Cluster} cluster
 * @returns {Planned}
 */
function proxy(cluster) {
  const folder = join(cluster.folder, 'nginx');
  const { proxy: port, hubs } = cluster.ports;
  const places = { listen: `127.0.0.1:${port}`, hubs: hubs.map((hubPort) => `127.0.0.1:${hubPort}`) };
  writeOwn(join(folder, 'cokernel.conf'), proxyConfiguration(settings('nginx/cokernel.conf'), places));
  const user = process.getuid?.() === 0 ? userInfo().username : null;
  writeOwn(join(folder, 'nginx.conf'), proxyMain({ folder, user }));
  const args = ['-e', 'stderr', '-p', folder, '-c', join(folder, 'nginx.conf'), '-g', 'daemon off;'];
  return {
    ...common(cluster, 'proxy'),
    command: [server('nginx'), ...args],
    isReady: () => isReady(`http://127.0.0.1:${port}`),
  };
}

/**
 * @param {Cluster} cluster
 * @param {string} name
 */
function common(cluster, name) {
  const log = join(cluster.folder, 'logs', `${name}.log`);
  return { name, env: cluster.env, folder: cluster.folder, log, endsBy: /** @type {NodeJS.Signals} */ ('SIGTERM') };
}

/** @param {string} name */
function settings(name) {
  return readFileSync(join(repository, 'docker', name), 'utf8');
}

/** @param {string} name */
function server(name) {
  return findProgram(name, programPath) ?? name;
}

/**
 * @param {string} file
 * @param {string} text
 */
function writeOwn(file, text) {
  writeFileSync(file, text, { mode: 0o600 });
}
