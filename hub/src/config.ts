/** What a hub is told at its start: arguments, environment, places. Read once, checked once. */
import { randomBytes } from 'node:crypto';
import { mkdir, realpath, stat } from 'node:fs/promises';
import { access, constants } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { parseDuration } from './durations.js';
import { contentHash } from './room/notebook-file.js';
import type { SaveLimits } from './room/notebook-files.js';
import { StartError } from './errors.js';
import { peersOf, type PeersConfig } from './peers-config.js';
import { parseRedisAddress } from './redis-address.js';
import type { KernelLimits } from './run/kernel-limits.js';

export interface HubConfig {
  /** The served folder: absolute, links resolved. */
  readonly folder: string;
  /** Null: 8765, else the next that is free. */
  readonly port: number | null;
  readonly host: string;
  readonly token: string;
  /** Lets Prometheus read the hub's figures and nothing else; null: the token alone does. */
  readonly metricsToken: string | null;
  readonly openBrowser: boolean;
  /** As redis-address.ts has it. */
  readonly redisUrl: string | null;
  /** Where the documents' histories lie; in Redis only when the hub has one. */
  readonly documents: 'folder' | 'redis';
  /** Null: this hub is alone. */
  readonly peers: PeersConfig | null;
  /** Where kernels run, if not on this machine. */
  readonly gateway: GatewayConfig | null;
  readonly logLevel: string;
  readonly dataDirectory: string;
  /** Of this served folder, in the data folder. */
  readonly storeDirectory: string;
  readonly limits: KernelLimits;
  readonly culling: CullingConfig;
  /** What a stop does with the kernels, however it is asked for; null: Ctrl-C stops them, SIGTERM keeps them. */
  readonly kernelsAtStop: KernelsAtStop | null;
  /** A keeper that no hub has called for in so long ends its kernels and leaves. */
  readonly keeperLeavesAfterMs: number;
  /** Whether the hub starts its keeper when there is none, or somebody else does (a container of its own). */
  readonly keeper: 'own' | 'external';
  /** Where the keeper's socket lies, and what it keeps of its kernels: of this machine alone. */
  readonly keeperDirectory: string;
  /** What each kernel may say while no hub listens; on the disk. */
  readonly journalMaxBytes: number;
  /** What is kept of it for a hub that listens and is behind; on the disk. */
  readonly unreadJournalMaxBytes: number;
  readonly saveLimits: SaveLimits;
}

/** A Jupyter Server, Kernel Gateway or Enterprise Gateway. */
export interface GatewayConfig {
  /** With its base path; no secret stands in it. */
  readonly url: string;
  readonly token: string | null;
}

interface CullingConfig {
  /** A kernel that was idle for so long is shut down; null: none ever is. */
  readonly idleAfterMs: number | null;
  /** Also while somebody is in a room that uses it. */
  readonly evenWatched: boolean;
}

export type KernelsAtStop = 'keep' | 'stop';

export const HELP = `cokernel hub: serves a folder of notebooks to many people at once

usage: npm start -- [DIR] [options]      (or: cokernel serve [DIR] [options])

  DIR                the folder to serve (npm start: notebooks/, filled once from examples/)
  --port N           the port; default 8765, else the next that is free
  --token T          the token that lets people in; default COKERNEL_TOKEN, else a random one
  --host H           the address to listen on; default 127.0.0.1 (this machine only)
  --redis URL        keep the queue and leases in this Redis; default REDIS_URL, else embedded. A Redis Cluster is named by
                     some of its nodes, redis://host1:6379,host2:6379, or by one: redis://host:6379?cluster=1
  --peer-address URL be one of many hubs of this folder, which reach this one at URL; default COKERNEL_PEER_ADDRESS, else
                     this hub is alone (docs/cluster.md)
  --gateway-url URL  start kernels at this Jupyter server, Kernel Gateway or Enterprise Gateway, in its own root folder;
                     default COKERNEL_GATEWAY_URL, else on this machine
  --no-open          do not open a browser
  --keep-kernels     at any stop: leave the kernels for the next hub (as SIGTERM does)
  --stop-kernels     at any stop: end the kernels (as Ctrl-C does)
  --cull-idle-after D  shut down kernels that were idle for so long (30m, 2h); default COKERNEL_CULL_IDLE_AFTER, else never
  --cull-watched     also those in whose notebook somebody is
  --max-kernels N    so many kernels may run; default no limit
  --max-kernels-per-person N  so many each person may start; default no limit
  --log-level L      trace, debug, info, warn, error, silent; default info, on a terminal warn
  --help             this text

environment: COKERNEL_DATA (where state lies; default: your data folder + /cokernel), COKERNEL_TOKEN, REDIS_URL,
  COKERNEL_DOCUMENTS (where edits are stored: 'folder', the data folder, or 'redis'; default folder),
  COKERNEL_PEER_ADDRESS, COKERNEL_LEASE_MS (so long one of many hubs that is gone keeps the folder to itself; default 3000),
  COKERNEL_GATEWAY_URL, COKERNEL_GATEWAY_TOKEN (the token that the remote engine wants; an option would show it to others),
  COKERNEL_METRICS_TOKEN (a token that lets Prometheus read /metrics and nothing else; default: only the hub's own does),
  COKERNEL_KEEPER ('own': the hub starts a keeper when there is none; 'external': it waits for one that somebody else starts on
  its data folder; default own),
  COKERNEL_KEEPER_DATA (where the keeper's socket and what it keeps of its kernels lie; default: COKERNEL_DATA. Its own of each
  machine, where hubs of several machines share that),
  COKERNEL_KEEPER_LEAVES_AFTER_MS (kernels that no hub has asked for in so long are ended; default 12 hours),
  COKERNEL_JOURNAL_MAX_BYTES (what is kept on the disk of what each kernel says, for a hub that comes later; default 64 MiB),
  COKERNEL_UNREAD_JOURNAL_MAX_BYTES (the same while a hub listens and is behind; default 1 GiB). Beyond either the oldest goes, and
  a line in the output says so,
  COKERNEL_SAVED_OUTPUT_MAX_BYTES, COKERNEL_SAVED_FILE_MAX_BYTES (a larger output, or one beyond that size of its file, has
  only its ends in the saved file, and the hash by which the hub keeps it; default 10 MiB and 100 MiB)
Ctrl-C and \`cokernel stop\` stop the hub and its kernels; SIGTERM leaves the kernels for the next hub.
Kernels that were attached by their connection file are never ended.
`;

const LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'silent'];

/** Null when help was asked for. Throws `StartError` on what can't be. */
export async function readConfig(argv: readonly string[], env: NodeJS.ProcessEnv): Promise<HubConfig | null> {
  const { values, positionals } = parse(argv);
  if (values.help === true) return null;
  if (positionals.length > 1) throw new StartError(`one folder can be served, not ${String(positionals.length)}`, 2);
  const folder = await servedFolder(positionals[0] ?? '.');
  const dataDirectory = await madeDataDirectory(env);
  const peers = peersOf({
    address: values['peer-address'] ?? env['COKERNEL_PEER_ADDRESS'],
    leaseMs: env['COKERNEL_LEASE_MS'],
    redis: values.redis ?? env['REDIS_URL'],
    token: values.token ?? env['COKERNEL_TOKEN'],
    documents: env['COKERNEL_DOCUMENTS'],
  });
  return {
    folder,
    port: portOf(values.port),
    host: values.host ?? '127.0.0.1',
    token: tokenOf(values.token ?? env['COKERNEL_TOKEN']),
    metricsToken: metricsTokenOf(env['COKERNEL_METRICS_TOKEN']),
    openBrowser: values['no-open'] !== true,
    redisUrl: redisUrlOf(values.redis ?? env['REDIS_URL']),
    documents: peers === null ? documentsOf(env['COKERNEL_DOCUMENTS'], values.redis ?? env['REDIS_URL']) : 'redis',
    peers,
    gateway: gatewayOf(values['gateway-url'] ?? env['COKERNEL_GATEWAY_URL'], env['COKERNEL_GATEWAY_TOKEN']),
    logLevel: levelOf(values['log-level']),
    dataDirectory,
    storeDirectory: path.join(dataDirectory, 'stores', contentHash(folder).slice(0, 16)),
    limits: {
      perHub: limitOf('--max-kernels', values['max-kernels']),
      perPerson: limitOf('--max-kernels-per-person', values['max-kernels-per-person']),
    },
    culling: {
      idleAfterMs: idleAfterOf(values['cull-idle-after'] ?? env['COKERNEL_CULL_IDLE_AFTER']),
      evenWatched: values['cull-watched'] === true,
    },
    // The kernels of many hubs are not one's to end: another goes on with them.
    kernelsAtStop:
      kernelsAtStopOf(values['keep-kernels'] === true, values['stop-kernels'] === true) ??
      (peers === null ? null : 'keep'),
    keeper: keeperOf(env['COKERNEL_KEEPER']),
    keeperDirectory: path.resolve(env['COKERNEL_KEEPER_DATA'] || dataDirectory),
    keeperLeavesAfterMs: countIn(env, 'COKERNEL_KEEPER_LEAVES_AFTER_MS', KEEPER_LEAVES_AFTER_MS),
    journalMaxBytes: countIn(env, 'COKERNEL_JOURNAL_MAX_BYTES', JOURNAL_MAX_BYTES),
    unreadJournalMaxBytes: countIn(env, 'COKERNEL_UNREAD_JOURNAL_MAX_BYTES', UNREAD_JOURNAL_MAX_BYTES),
    saveLimits: {
      output: countIn(env, 'COKERNEL_SAVED_OUTPUT_MAX_BYTES', 10 * 1024 * 1024),
      file: countIn(env, 'COKERNEL_SAVED_FILE_MAX_BYTES', 100 * 1024 * 1024),
    },
  };
}

/** `COKERNEL_DATA`, else the platform's place for a program's data. */
export function dataDirectoryOf(env: NodeJS.ProcessEnv, home: string, platform: NodeJS.Platform): string {
  if (env['COKERNEL_DATA']) return path.resolve(env['COKERNEL_DATA']);
  if (env['XDG_DATA_HOME']) return path.join(env['XDG_DATA_HOME'], 'cokernel');
  if (platform === 'darwin') return path.join(home, 'Library', 'Application Support', 'cokernel');
  return path.join(home, '.local', 'share', 'cokernel');
}

function parse(argv: readonly string[]) {
  try {
    return parseArgs({
      args: [...argv],
      allowPositionals: true,
      options: {
        port: { type: 'string' },
        token: { type: 'string' },
        host: { type: 'string' },
        redis: { type: 'string' },
        'peer-address': { type: 'string' },
        'gateway-url': { type: 'string' },
        'no-open': { type: 'boolean' },
        'log-level': { type: 'string' },
        'keep-kernels': { type: 'boolean' },
        'stop-kernels': { type: 'boolean' },
        'cull-idle-after': { type: 'string' },
        'cull-watched': { type: 'boolean' },
        'max-kernels': { type: 'string' },
        'max-kernels-per-person': { type: 'string' },
        help: { type: 'boolean', short: 'h' },
      },
    });
  } catch (error) {
    throw new StartError(`${error instanceof Error ? error.message : String(error)} (see --help)`, 2);
  }
}

async function servedFolder(given: string): Promise<string> {
  const absolute = path.resolve(given);
  const found = await stat(absolute).catch(() => null);
  if (found === null) throw new StartError(`there is no folder '${absolute}'; make it, or name another`);
  if (!found.isDirectory()) throw new StartError(`'${absolute}' is a file; name the folder that holds it`);
  await access(absolute, constants.R_OK | constants.W_OK | constants.X_OK).catch(() => {
    throw new StartError(`you may not write in '${absolute}'; notebooks could not be saved there`);
  });
  return realpath(absolute);
}

async function madeDataDirectory(env: NodeJS.ProcessEnv): Promise<string> {
  const directory = dataDirectoryOf(env, os.homedir(), process.platform);
  await mkdir(directory, { recursive: true, mode: 0o700 }).catch((error: unknown) => {
    const why = error instanceof Error ? error.message : String(error);
    throw new StartError(`the data folder '${directory}' can't be made (${why}); name another with COKERNEL_DATA`);
  });
  return directory;
}

function portOf(text: string | undefined): number | null {
  if (text === undefined) return null;
  const port = Number(text);
  if (Number.isInteger(port) && port >= 0 && port <= 65_535) return port;
  throw new StartError(`--port takes a number from 0 to 65535, not '${text}'`, 2);
}

const TOKEN = /^[\w.~-]{1,256}$/;

function tokenOf(text: string | undefined): string {
  if (text === undefined) return randomBytes(24).toString('hex');
  if (TOKEN.test(text)) return text;
  throw new StartError('--token takes letters, digits and . _ ~ - only, since it stands in addresses', 2);
}

function metricsTokenOf(text: string | undefined): string | null {
  if (text === undefined || text === '') return null;
  if (TOKEN.test(text)) return text;
  throw new StartError('COKERNEL_METRICS_TOKEN takes letters, digits and . _ ~ - only', 2);
}

function redisUrlOf(text: string | undefined): string | null {
  if (text === undefined || text === '') return null;
  const parsed = parseRedisAddress(text);
  if (parsed.isGood) return text;
  throw new StartError(parsed.reason, 2);
}

function documentsOf(text: string | undefined, redis: string | undefined): 'folder' | 'redis' {
  if (text === undefined || text === '' || text === 'folder') return 'folder';
  if (text !== 'redis') throw new StartError(`COKERNEL_DOCUMENTS is 'folder' or 'redis', not '${text}'`, 2);
  if (redis === undefined || redis === '')
    throw new StartError('COKERNEL_DOCUMENTS=redis needs a Redis: name it by REDIS_URL', 2);
  return 'redis';
}

function gatewayOf(text: string | undefined, token: string | undefined): GatewayConfig | null {
  if (text === undefined || text === '') return null;
  const url = /^https?:\/\//.test(text) && URL.canParse(text) ? new URL(text) : null;
  if (url === null) {
    throw new StartError(`a remote engine is named by an address such as https://host:8888/, not '${text}'`, 2);
  }
  if (url.username !== '' || url.password !== '' || url.search !== '') {
    throw new StartError('the address of a remote engine holds no secret: name its token by COKERNEL_GATEWAY_TOKEN', 2);
  }
  return { url: url.href, token: token === undefined || token === '' ? null : token };
}

function keeperOf(text: string | undefined): 'own' | 'external' {
  if (text === undefined || text === '' || text === 'own') return 'own';
  if (text === 'external') return text;
  throw new StartError(`COKERNEL_KEEPER is 'own' or 'external', not '${text}'`, 2);
}

function limitOf(option: string, text: string | undefined): number | null {
  if (text === undefined) return null;
  const limit = Number(text);
  if (Number.isInteger(limit) && limit >= 1) return limit;
  throw new StartError(`${option} takes a number from 1, not '${text}'`, 2);
}

function idleAfterOf(text: string | undefined): number | null {
  if (text === undefined || text === '' || text === 'never') return null;
  const idleAfterMs = parseDuration(text);
  if (idleAfterMs !== null && idleAfterMs > 0) return idleAfterMs;
  throw new StartError(`--cull-idle-after takes a time such as 90s, 30m, 2h or never, not '${text}'`, 2);
}

/** Long enough for a run of a night; somebody may come back to it in the morning. */
const KEEPER_LEAVES_AFTER_MS = 12 * 60 * 60 * 1000;

/** Minutes of a flood, times the kernels that a disk has room for. */
const JOURNAL_MAX_BYTES = 64 * 1024 * 1024;

/** 5,000 plots of 200 KB that come faster than they are stored; only one kernel at a time, as a rule, comes near it. */
const UNREAD_JOURNAL_MAX_BYTES = 1024 * 1024 * 1024;

function countIn(env: NodeJS.ProcessEnv, name: string, otherwise: number): number {
  const text = env[name];
  if (text === undefined || text === '') return otherwise;
  const count = Number(text);
  if (Number.isInteger(count) && count >= 0) return count;
  throw new StartError(`${name} takes a number, not '${text}'`, 2);
}

function kernelsAtStopOf(keep: boolean, stop: boolean): KernelsAtStop | null {
  if (keep && stop) throw new StartError('--keep-kernels and --stop-kernels say the opposite: give one of them', 2);
  return keep ? 'keep' : stop ? 'stop' : null;
}

function levelOf(text: string | undefined): string {
  if (text === undefined) return process.stderr.isTTY ? 'warn' : 'info';
  if (LEVELS.includes(text)) return text;
  throw new StartError(`--log-level takes one of ${LEVELS.join(', ')}, not '${text}'`, 2);
}
