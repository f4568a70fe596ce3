/** What `npm run cluster` is told. */
import { createHash, randomBytes } from 'node:crypto';
import { realpathSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { dataFolder, repository } from '../set-up/paths.mjs';
import { SetUpError } from '../set-up/report.mjs';

export const HELP = `cokernel cluster: many hubs that are one, with their Redis, their keeper and a proxy, on this machine

usage: npm run cluster -- [DIR] [options]

  DIR            the folder to serve (default: notebooks/)
  --hubs N       so many hubs; default 2
  --port N       the proxy's port; default 8765, else the next that is free
  --lease-ms N   so long a hub that is gone keeps the folder to itself; default: as docker/hub.env has it
  --token T      the token that lets people in; default COKERNEL_TOKEN, else a random one
  --data DIR     where all state lies, Redis's too; default: a folder of your data folder, one for each served folder
  --help         this text

The hubs have the variables of docker/hub.env, the proxy the configuration docker/nginx/cokernel.conf, Redis docker/redis.conf. Each of
them is started again when it ends. Ctrl-C ends all of it, the kernels too.
`;

/**
 * @typedef {object} ClusterOptions
 * @property {string | null} folder null: the notebooks' own
 * @property {number} hubs
 * @property {number | null} port
 * @property {number | null} leaseMs
 * @property {string} token
 * @property {string | null} data
 */

/**
 * @param {readonly string[]} args
 * @param {NodeJS.ProcessEnv} env
 * @returns {ClusterOptions | null} null: help was asked for
 */
export function readOptions(args, env) {
  const { values, positionals } = parse(args);
  if (values.help) return null;
  if (positionals.length > 1) throw usage(`one folder can be served, not ${positionals.length}`);
  const from = env['INIT_CWD'] ?? repository;
  const [folder] = positionals;
  return {
    folder: folder === undefined ? null : resolve(from, folder),
    hubs: numberOf('--hubs', values.hubs, { least: 1, most: 26 }) ?? 2,
    port: numberOf('--port', values.port, { least: 1, most: 65_535 }),
    leaseMs: numberOf('--lease-ms', values['lease-ms'], { least: 200, most: 3_600_000 }),
    token: values.token ?? env['COKERNEL_TOKEN'] ?? randomBytes(24).toString('hex'),
    data: values.data === undefined ? null : resolve(from, values.data),
  };
}

/**
 * Where a cluster's state lies: apart from that of lone hubs, which know nothing of each other.
 * @param {string} served
 * @param {NodeJS.ProcessEnv} env
 */
export function clusterFolder(served, env) {
  const real = realpathSync(served);
  const hash = createHash('sha256').update(real).digest('hex').slice(0, 8);
  return join(dataFolder(env), 'clusters', `${basename(real)}-${hash}`);
}

/** @param {readonly string[]} args */
function parse(args) {
  const text = /** @type {const} */ ({ type: 'string' });
  const options = { hubs: text, port: text, 'lease-ms': text, token: text, data: text };
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: { ...options, help: { type: 'boolean', short: 'h' } },
    });
  } catch (error) {
    throw usage(error instanceof Error ? error.message : String(error));
  }
}

/**
 * @param {string} option
 * @param {string | undefined} text
 * @param {{ readonly least: number, readonly most: number }} bounds
 */
function numberOf(option, text, { least, most }) {
  if (text === undefined) return null;
  const number = Number(text);
  if (Number.isInteger(number) && number >= least && number <= most) return number;
  throw usage(`${option} takes a number from ${least} to ${most}, not '${text}'`);
}

/** @param {string} problem */
function usage(problem) {
  return new SetUpError(problem, 'See npm run cluster -- --help.');
}
