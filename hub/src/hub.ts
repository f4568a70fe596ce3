/**
 * One hub: its parts, wired and started in order and stopped in reverse. Only here do storage's adapters meet the ports
 * that they implement.
 */
import { randomUUID } from 'node:crypto';
import os from 'node:os';
import path from 'node:path';
import type { Logger } from 'pino';
import { HubId } from '@cokernel/proto/hub';
import type { FileId, KernelSpecView } from '@cokernel/proto/hub';
import { announce } from './announcement.js';
import type { GatewayConfig, HubConfig, KernelsAtStop } from './config.js';
import { messageOf } from './errors.js';
import { Gateway } from './gateway/gateway.js';
import { GatewayHost } from './kernel/gateway-host.js';
import { KeeperHost } from './kernel/keeper-host.js';
import type { KernelHost, KernelSpec } from './kernel/kernel-host.js';
import { KernelSharing } from './room/kernel-sharing.js';
import { RoomRegistry } from './room/room-registry.js';
import { ServedFolder } from './room/served-folder.js';
import type { EndingRun } from './run/ending-runs.js';
import { endingRuns } from './run/ending-runs.js';
import type { HeldLeaseOptions } from './run/held-lease.js';
import { IdleCulling } from './run/idle-culling.js';
import type { LeaseStore } from './run/lease.js';
import type { KernelSession } from './run/kernel-session.js';
import { KernelChannels } from './run/kernel-channels.js';
import { KernelSessions } from './run/kernel-sessions.js';
import type { RunQueue } from './run/run-queue.js';
import { Transcripts } from './run/transcripts.js';
import { acquireFolderLock } from './storage/embedded/folder-lock.js';
import { openEmbeddedStore } from './storage/embedded/open-embedded-store.js';
import type { EmbeddedStore } from './storage/embedded/open-embedded-store.js';
import { openRedisStore } from './storage/redis/open-redis-store.js';

export interface HubOptions {
  readonly config: HubConfig;
  readonly version: string;
  /** The built page. */
  readonly webDirectory: string;
  /** Starts the keeper's process, without its own arguments. */
  readonly keeperCommand: readonly string[];
  /** Somebody asked over REST that the hub stops. */
  readonly onStopAsked: (kernels: KernelsAtStop) => void;
  /** Something that the person at the terminal should read. */
  readonly say: (line: string) => void;
  readonly log: Logger;
}

export type StartOutcome =
  | { readonly outcome: 'started'; readonly hub: Hub }
  /** `url` null: that hub is just starting. */
  | { readonly outcome: 'servedAlready'; readonly pid: number; readonly url: string | null };

const LEASE_MS = 10_000;
const ROOM_CLOSES_AFTER_MS = 60_000;
const GOING_AWAY = 1001;
/** A keeper without kernels leaves so long after its last hub. */
const KEEPER_IDLE_EXIT_MS = 5_000;
/** A client of a kernel's channels that has gone: longer than a laptop changes networks. */
const CLIENT_REMEMBERED_MS = 10 * 60_000;
const BACKLOG_MAX_BYTES = 8 * 1024 * 1024;
const KEEPER_START_TIMEOUT_MS = 30_000;

export class Hub {
  private constructor(
    private readonly parts: {
      readonly sessions: KernelSessions;
      readonly endingRuns: () => Promise<readonly EndingRun[]>;
      readonly closers: readonly (() => Promise<unknown>)[];
      readonly log: Logger;
    },
    /** With the token. */
    readonly url: string,
  ) {}

  /** Starts a hub, unless another one serves the folder. Throws `StartError`. */
  static async start(options: HubOptions): Promise<StartOutcome> {
    const { config, log } = options;
    const locked = await acquireFolderLock(config.storeDirectory, { url: null });
    if (locked.outcome === 'held') return { outcome: 'servedAlready', ...locked.holder };
    const closers: Closers = [() => locked.lock.release()];
    try {
      const parts = await buildParts(options, closers);
      const port = await parts.gateway.listen(config.host, config.port);
      closers.push(() => parts.gateway.close());
      const address = `http://${urlHost(config.host)}:${String(port)}`;
      const { dataDirectory, token, folder } = config;
      closers.push(await announce(dataDirectory, { url: address, token, folder }));
      const url = `${address}/?token=${config.token}`;
      await locked.lock.update({ pid: process.pid, url });
      return { outcome: 'started', hub: new Hub({ ...parts, closers, log }, url) };
    } catch (error) {
      await closeAll(closers, log);
      throw error;
    }
  }

  /** The runs that a stop with its kernels would end. */
  endingRuns(): Promise<readonly EndingRun[]> {
    return this.parts.endingRuns();
  }

  /** How many kernels the next hub would find. */
  get kernelCount(): number {
    return this.parts.sessions.list().length;
  }

  /** Ends everything in reverse order, with the kernels that were started here when told so. Can be called twice. */
  async stop(kernels: KernelsAtStop): Promise<void> {
    const { sessions, closers, log } = this.parts;
    if (kernels === 'stop') {
      await Promise.all(startedHere(sessions).map((session) => endAtStop(sessions, session, log)));
    }
    await closeAll(closers, log);
  }
}

/** Ends the kernel's process also when the queue's store is out of reach: the next hub finds its run lost. */
async function endAtStop(sessions: KernelSessions, session: KernelSession, log: Logger): Promise<void> {
  const warn = (error: unknown): void => {
    log.warn({ error: messageOf(error), kernelId: session.kernelId }, 'a kernel did not end cleanly');
  };
  try {
    await sessions.shutdown(session, 'the hub was stopped');
  } catch (error) {
    warn(error);
    await session.shutdown().catch(warn);
  }
}

/** A kernel that was found by its connection file is not ours to end (J14). */
function startedHere(sessions: KernelSessions): readonly KernelSession[] {
  return sessions.list().filter(({ origin }) => origin === 'started');
}

interface Parts {
  readonly sessions: KernelSessions;
  readonly gateway: Gateway;
  readonly endingRuns: () => Promise<readonly EndingRun[]>;
}

/** Where people and kernels meet. */
interface Meeting {
  readonly channels: KernelChannels;
  readonly sessions: KernelSessions;
  readonly rooms: RoomRegistry;
  readonly sharing: KernelSharing;
}

/** What every part is given. */
interface Common {
  readonly newId: () => string;
  readonly clock: () => Date;
  readonly log: Logger;
  readonly queue: RunQueue;
  readonly lease: HeldLeaseOptions;
  readonly transcripts: Transcripts;
  readonly kernelLabels: Readonly<Record<string, string>>;
}

type Closers = (() => Promise<unknown>)[];

async function buildParts(options: HubOptions, closers: Closers): Promise<Parts> {
  const { config } = options;
  const store = await embeddedStore(options, closers);
  const { runQueue, leases } = await queueStore(options, store, closers);
  const host = config.gateway === null ? keeperHost(options) : gatewayHost(options, config.gateway);
  closers.push(() => host.close());
  const common = commonOf(options, store, runQueue, leases);
  const folder = new ServedFolder(config.folder);
  const meeting = meetingPlaces(options, common, { store, host, folder });
  const { sessions, rooms } = meeting;
  // First the sessions: what a kernel says to a room that is closed would be lost, and is the next hub's to write.
  closers.push(
    () => rooms.close(GOING_AWAY, 'the hub stops'),
    () => sessions.close(),
  );
  await adoptKernels(options, common, sessions);
  startCulling(options, common, meeting, closers);
  const runs = (): Promise<readonly EndingRun[]> =>
    endingRuns(startedHere(sessions), common.queue, (fileId) => store.fileIndex.pathOf(fileId));
  const gateway = gatewayOf(options, common, { ...meeting, store, folder, endingRuns: runs });
  return { sessions, gateway, endingRuns: runs };
}

function startCulling({ config }: HubOptions, common: Common, meeting: Meeting, closers: Closers): void {
  const { idleAfterMs, evenWatched } = config.culling;
  if (idleAfterMs === null) return;
  const { sessions, rooms, sharing } = meeting;
  const isWatched = async (session: KernelSession): Promise<boolean> => {
    if (evenWatched) return false;
    if (session.watcherCount > 0) return true;
    return (await rooms.list()).some((room) => room.kernel === session && room.clientCount > 0);
  };
  const end = (session: KernelSession, because: string): Promise<void> => sharing.end(session, because);
  const culling = new IdleCulling({ ...common, sessions, idleAfterMs, isWatched, end });
  culling.start();
  closers.push(() => culling.stop());
}

/** A hub without its keeper or its remote engine still serves notebooks, and says why nothing runs. */
async function adoptKernels({ config, log, say }: HubOptions, common: Common, sessions: KernelSessions): Promise<void> {
  const isOurs = (labels: Readonly<Record<string, string>>): boolean =>
    labels['folder'] === common.kernelLabels['folder'];
  try {
    await sessions.kernelSpecs();
    await sessions.adopt(isOurs, () => config.folder);
  } catch (error) {
    log.error({ error }, 'kernels are out of reach');
    say(`No kernel can run: ${messageOf(error)}`);
  }
}

async function embeddedStore({ config, say, log }: HubOptions, closers: Closers): Promise<EmbeddedStore> {
  const store = await openEmbeddedStore({
    directory: config.storeDirectory,
    onNotice: (notice) => {
      log.warn(notice, 'the store had to be mended');
      say(notice.message);
    },
    log,
  });
  closers.push(() => store.close());
  return store;
}

function commonOf(options: HubOptions, store: EmbeddedStore, queue: RunQueue, leases: LeaseStore): Common {
  const { config, log } = options;
  const storeName = path.basename(config.storeDirectory);
  const lease = {
    leases,
    // The same after a restart: the folder's lock says that there is no other, so its leases are ours.
    owner: HubId.parse(`${os.hostname()}-${storeName}`),
    leaseMs: LEASE_MS,
    now: () => performance.now(),
    onWarning: (message: string) => log.warn(message),
  };
  const transcripts = new Transcripts(store.transcripts);
  const kernelLabels = { folder: storeName };
  return { newId: randomUUID, clock: () => new Date(), log, queue, lease, transcripts, kernelLabels };
}

/** Sessions write into rooms and rooms start sessions: each finds the other when it needs it. */
function meetingPlaces(
  { version, config }: HubOptions,
  common: Common,
  { store, host, folder }: { readonly store: EmbeddedStore; readonly host: KernelHost; readonly folder: ServedFolder },
): Meeting {
  const pathOf = (fileId: FileId): string | null => store.fileIndex.pathOf(fileId);
  const sharing: KernelSharing = new KernelSharing({
    ...common,
    uses: store.kernelUses,
    sessions: () => sessions,
    pathOf,
    rooms: () => rooms.list(),
  });
  const channels = new KernelChannels({
    ...common,
    rememberMs: CLIENT_REMEMBERED_MS,
    maxBacklogBytes: BACKLOG_MAX_BYTES,
  });
  const sessions: KernelSessions = new KernelSessions({
    ...common,
    host,
    limits: config.limits,
    notebooksOf: (session) => sharing.notebooksOf(session).map((notebook) => notebook.path),
    cellOutputs: (run) => rooms.cellOutputs(run),
    onSession: (session) => channels.open(session),
    onExited: (session, because) => sharing.end(session, because),
    onKernelSpecsChanged: (specs) => rooms.tellAll({ event: 'kernelSpecsChanged', kernelSpecs: specs.map(specView) }),
  });
  const rooms: RoomRegistry = new RoomRegistry({
    ...common,
    folder,
    index: store.fileIndex,
    store: store.documents,
    sessions: () => sessions,
    sharing,
    kernelSpecs: () => sessions.knownKernelSpecs.map(specView),
    version,
    closeAfterMs: ROOM_CLOSES_AFTER_MS,
  });
  return { sessions, rooms, sharing, channels };
}

function gatewayOf(
  { config, version, webDirectory, onStopAsked }: HubOptions,
  common: Common,
  parts: Meeting & Pick<Parts, 'endingRuns'> & { readonly store: EmbeddedStore; readonly folder: ServedFolder },
): Gateway {
  const { documents, fileIndex } = parts.store;
  return new Gateway({
    ...common,
    ...parts,
    token: config.token,
    version,
    webDirectory,
    documents,
    pathOf: (fileId) => fileIndex.pathOf(fileId),
    notices: () => notices(parts.sessions, config.gateway),
    stop: { kernels: config.kernelsAtStop ?? 'stop', endingRuns: parts.endingRuns, now: onStopAsked },
  });
}

async function queueStore(
  options: HubOptions,
  embedded: EmbeddedStore,
  closers: Closers,
): Promise<{ readonly runQueue: RunQueue; readonly leases: LeaseStore }> {
  const { config, log, say } = options;
  if (config.redisUrl === null) return embedded;
  const place = new URL(config.redisUrl).host;
  const redis = await openRedisStore({
    url: config.redisUrl,
    log,
    onStatus: (status) => {
      if (status.connected) say(`Redis at ${place} is connected.`);
      else say(`${status.reason}; trying again. Notebooks open and run when it is back.`);
    },
  });
  closers.push(() => redis.close());
  return redis;
}

function keeperHost({ config, keeperCommand, log }: HubOptions): KeeperHost {
  return new KeeperHost({
    dataDir: config.dataDirectory,
    keeperCommand,
    extraDataDirs: [path.join(config.dataDirectory, '.venv', 'share', 'jupyter')],
    env: process.env,
    idleExitMs: KEEPER_IDLE_EXIT_MS,
    leaveAfterMs: config.keeperLeavesAfterMs,
    maxJournalBytes: config.journalMaxBytes,
    startTimeoutMs: KEEPER_START_TIMEOUT_MS,
    log: (level, message, fields) => log[level](fields ?? {}, message),
  });
}

function gatewayHost({ config, log }: HubOptions, gateway: GatewayConfig): KernelHost {
  return new GatewayHost({
    ...gateway,
    file: path.join(config.storeDirectory, 'gateway-kernels.json'),
    now: () => performance.now(),
    log: (level, message, fields) => log[level](fields ?? {}, message),
  });
}

function specView(spec: KernelSpec): KernelSpecView {
  return { name: spec.name, displayName: spec.displayName, language: spec.language };
}

type Notices = readonly { readonly code: string; readonly message: string }[];

async function notices(sessions: KernelSessions, gateway: GatewayConfig | null): Promise<Notices> {
  try {
    const specs = await sessions.kernelSpecs();
    if (specs.some((spec) => spec.language === 'python')) return [];
  } catch (error) {
    return [{ code: 'noKernels', message: `No kernel can be started: ${messageOf(error)}.` }];
  }
  const here = 'No Python kernel is installed. Install one with `pip install ipykernel`, then reload this page.';
  return [{ code: 'noPythonKernel', message: gateway === null ? here : 'The remote engine has no Python kernel.' }];
}

/** The address to open: an address for everybody is reached by loopback here. */
function urlHost(host: string): string {
  if (host === '0.0.0.0' || host === '::') return '127.0.0.1';
  return host.includes(':') ? `[${host}]` : host;
}

async function closeAll(closers: readonly (() => Promise<unknown>)[], log: Logger): Promise<void> {
  for (const close of [...closers].reverse()) {
    await close().catch((error: unknown) => log.error({ error }, 'a part of the hub was not closed cleanly'));
  }
}
