/** The parts of one hub, built and wired in their order; what opens is closed by its closers. */
import { randomUUID } from 'node:crypto';
import os from 'node:os';
import path from 'node:path';
import type { Logger } from 'pino';
import { HubId } from '@cokernel/proto/hub';
import type { FileId } from '@cokernel/proto/hub';
import type { Closers } from './closers.js';
import { OwnServing } from './gateway/own-serving.js';
import { kernelFigures, measureHub, readinessOf } from './hub-health.js';
import type { KernelFigures } from './hub-health.js';
import { adoptKernels, kernelHost, kernelNotices, specView, startedHere } from './hub-kernels.js';
import type { Notice } from './gateway/rest/hub.js';
import type { HubOptions, Lead } from './hub-options.js';
import { openStores, outputStore, rightToWrite, saveThread } from './hub-stores.js';
import type { Stores } from './hub-stores.js';
import type { KernelHost } from './kernel/kernel-host.js';
import { Metrics } from './metrics/metrics.js';
import type { Readiness } from './readiness.js';
import { KernelSharing } from './room/kernel-sharing.js';
import type { NotebookFiles } from './room/notebook-files.js';
import { RoomRegistry } from './room/room-registry.js';
import { ServedFolder } from './room/served-folder.js';
import type { EndingRun } from './run/ending-runs.js';
import { endingRuns } from './run/ending-runs.js';
import type { HeldLeaseOptions } from './run/held-lease.js';
import { IdleCulling } from './run/idle-culling.js';
import { ofOneHub } from './right.js';
import type { KernelSession } from './run/kernel-session.js';
import { KernelChannels } from './run/kernel-channels.js';
import { KernelSessions } from './run/kernel-sessions.js';
import { LettingGo } from './run/letting-go.js';
import type { OutputStore } from './run/output-store.js';
import { OutputSweeping } from './run/output-sweeping.js';
import type { RunQueue } from './run/run-queue.js';
import { Transcripts } from './run/transcripts.js';

const LEASE_MS = 10_000;
const ROOM_CLOSES_AFTER_MS = 60_000;
const GOING_AWAY = 1001;
/** A client of a kernel's channels that has gone: longer than a laptop changes networks. */
const CLIENT_REMEMBERED_MS = 10 * 60_000;
const BACKLOG_MAX_BYTES = 8 * 1024 * 1024;

export interface Parts {
  readonly sessions: KernelSessions;
  readonly serving: OwnServing;
  readonly readiness: Readiness;
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
  readonly outputs: OutputStore;
  readonly kernelLabels: { readonly folder: string };
  readonly metrics: Metrics;
}

/** `lead`: of a hub that leads others; null: it serves its folder alone. */
export async function buildParts(options: HubOptions, closers: Closers, lead: Lead | null): Promise<Parts> {
  const metrics = new Metrics(options.version);
  if (lead !== null) metrics.leads(true);
  const right = rightToWrite(options, lead);
  const store = await openStores(options, { metrics, lead, right }, closers);
  const host = kernelHost(options);
  closers.push(() => host.close());
  const outputs = await outputStore(options, right, clock, closers);
  const notebookFiles = saveThread(options, right, closers);
  const common = commonOf(options, store, { outputs, metrics, lead });
  const folder = new ServedFolder(options.config.folder, right);
  const figures = kernelFigures(metrics, common);
  const meeting = meetingPlaces(options, common, { store, notebookFiles, host, folder, figures });
  const { sessions, rooms } = meeting;
  // First the sessions: what a kernel says to a room that is closed would be lost, and is the next hub's to write.
  closers.push(
    () => rooms.close(GOING_AWAY, 'the hub stops'),
    () => sessions.close(),
    () => Promise.resolve(store.stopWaiting()),
  );
  await adoptKernels(options, common.kernelLabels.folder, sessions);
  startCulling(options, common, meeting, closers);
  startSweeping(common, meeting, store, closers);
  const runs = (): Promise<readonly EndingRun[]> =>
    endingRuns(startedHere(sessions), common.queue, (fileId) => store.fileIndex.pathOf(fileId));
  const readiness = readinessOf(options, { host, sessions, redisAnswers: store.answers });
  const notices = async (): Promise<readonly Notice[]> => [
    ...(await kernelNotices(sessions, options.config.gateway)),
    ...(await store.notices()),
  ];
  const serving = servingOf(options, common, {
    ...{ ...meeting, store, notebookFiles, folder, readiness, notices },
    endingRuns: runs,
  });
  measureHub(metrics, { rooms, sessions, serving });
  return { sessions, serving, readiness, endingRuns: runs };
}

/** Stored outputs that nobody holds any more are removed while the hub runs. */
function startSweeping(common: Common, { rooms }: Meeting, { fileIndex }: Stores, closers: Closers): void {
  const letting = new LettingGo({
    ...common,
    forgetNotebooks: (goneBefore) => rooms.forgetGone(goneBefore),
    isKnown: (fileId) => fileIndex.find(fileId) !== null,
  });
  const sweeping = new OutputSweeping({ ...common, letGo: () => letting.letGo() });
  sweeping.start();
  closers.push(() => sweeping.stop());
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

const clock = (): Date => new Date();

function commonOf(
  options: HubOptions,
  store: Stores,
  { outputs, metrics, lead }: Pick<Common, 'outputs' | 'metrics'> & { readonly lead: Lead | null },
): Common {
  const { config, log } = options;
  const storeName = path.basename(config.storeDirectory);
  const lease = {
    leases: store.leases,
    // The same after a restart, and of all who lead: whoever has the folder has all leases of what is in it.
    owner: HubId.parse(lead === null ? `${os.hostname()}-${storeName}` : `folder-${lead.folderId}`),
    within: lead?.right ?? ofOneHub,
    leaseMs: config.peers?.leaseMs ?? LEASE_MS,
    now: () => performance.now(),
    onWarning: (message: string) => log.warn(message),
  };
  const transcripts = new Transcripts(store.transcripts);
  const kernelLabels = { folder: storeName };
  return { newId: randomUUID, clock, log, queue: store.runQueue, lease, transcripts, outputs, kernelLabels, metrics };
}

/** Sessions write into rooms and rooms start sessions: each finds the other when it needs it. */
function meetingPlaces(
  { version, config }: HubOptions,
  common: Common,
  {
    store,
    notebookFiles,
    host,
    folder,
    figures,
  }: {
    readonly store: Stores;
    readonly notebookFiles: NotebookFiles;
    readonly host: KernelHost;
    readonly folder: ServedFolder;
    readonly figures: KernelFigures;
  },
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
    onSession: (session) => {
      channels.open(session);
      figures.onSession(session);
    },
    onMessage: figures.onMessage,
    onExited: (session, because) => sharing.end(session, because),
    onEndedUnseen: (session) => sharing.endUnseen(session),
    onHosted: async (kernelIds) => {
      await sharing.loseAllBut(kernelIds);
      await rooms.kernelsFound();
    },
    onKernelSpecsChanged: (specs) => rooms.tellAll({ event: 'kernelSpecsChanged', kernelSpecs: specs.map(specView) }),
  });
  const rooms: RoomRegistry = new RoomRegistry({
    ...common,
    folder,
    index: store.fileIndex,
    store: store.documents,
    notebookFiles,
    timelineStores: store.timeline,
    outputStore: common.outputs,
    sessions: () => sessions,
    sharing,
    kernelSpecs: () => sessions.specs.known.map(specView),
    version,
    closeAfterMs: ROOM_CLOSES_AFTER_MS,
  });
  return { sessions, rooms, sharing, channels };
}

function servingOf(
  { config, version, onStopAsked }: HubOptions,
  common: Common,
  parts: Meeting &
    Pick<Parts, 'readiness' | 'endingRuns'> & {
      readonly store: Stores;
      readonly notebookFiles: NotebookFiles;
      readonly folder: ServedFolder;
      readonly notices: () => Promise<readonly Notice[]>;
    },
): OwnServing {
  const { documents, fileIndex, timeline } = parts.store;
  return new OwnServing({
    ...common,
    ...parts,
    missing: () => parts.readiness.missing(),
    version,
    documents,
    history: timeline.history,
    pathOf: (fileId) => fileIndex.pathOf(fileId),
    stop: { kernels: config.kernelsAtStop ?? 'stop', endingRuns: parts.endingRuns, now: onStopAsked },
  });
}
