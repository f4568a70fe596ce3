/** Where a hub's kernels live: its keeper, or a remote engine; and what a person should know of them. */
import path from 'node:path';
import type { Logger } from 'pino';
import type { KernelId, KernelSpecView } from '@cokernel/proto/hub';
import type { GatewayConfig } from './config.js';
import { durationText } from './durations.js';
import { messageOf } from './errors.js';
import type { Notice } from './gateway/rest/hub.js';
import type { HubOptions } from './hub-options.js';
import { GatewayHost } from './kernel/gateway-host.js';
import { KeeperHost } from './kernel/keeper-host.js';
import type { KernelHost, KernelSpec } from './kernel/kernel-host.js';
import type { KernelSession } from './run/kernel-session.js';
import type { KernelSessions } from './run/kernel-sessions.js';
import { endsWithin } from './within.js';

/** A keeper without kernels leaves so long after its last hub. */
const KEEPER_IDLE_EXIT_MS = 5_000;
const KEEPER_START_TIMEOUT_MS = 30_000;
/** A keeper of this machine answers in milliseconds; people wait meanwhile. */
const REACHED_WITHIN_MS = 500;
/** Longer than a keeper takes to be started on a busy machine; shorter than people wait for their notebooks. */
const ADOPTED_WITHIN_MS = 5_000;

export function kernelHost(options: HubOptions): KernelHost {
  const { gateway } = options.config;
  return gateway === null ? keeperHost(options) : gatewayHost(options, gateway);
}

/** Whether one of these kernels lives where this hub has its kernels. Starts no keeper, changes nothing, and soon answers. */
export async function reachesOneOf(options: HubOptions, kernelIds: ReadonlySet<KernelId>): Promise<boolean> {
  const { gateway } = options.config;
  const host =
    gateway === null
      ? keeperHost({ ...options, config: { ...options.config, keeper: 'external' } }, REACHED_WITHIN_MS)
      : gatewayHost(options, gateway);
  const answer =
    host instanceof GatewayHost
      ? host.reachesOneOf(kernelIds)
      : host.kernels().then((all) => all.some(({ kernelId, state }) => kernelIds.has(kernelId) && state !== 'dead'));
  try {
    return (await endsWithin(answer, REACHED_WITHIN_MS)) && (await answer);
  } catch {
    return false;
  } finally {
    await host.close();
  }
}

function keeperHost(
  { config, keeperCommand, log }: HubOptions,
  startTimeoutMs: number = KEEPER_START_TIMEOUT_MS,
): KeeperHost {
  return new KeeperHost({
    dataDir: config.keeperDirectory,
    keeperCommand: config.keeper === 'external' ? null : keeperCommand,
    extraDataDirs: [path.join(config.dataDirectory, '.venv', 'share', 'jupyter')],
    env: process.env,
    idleExitMs: KEEPER_IDLE_EXIT_MS,
    leaveAfterMs: config.keeperLeavesAfterMs,
    maxJournalBytes: config.journalMaxBytes,
    maxUnreadJournalBytes: config.unreadJournalMaxBytes,
    startTimeoutMs,
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

/**
 * A hub without its keeper or its remote engine still serves notebooks, and says why nothing runs; kernels that are found
 * later are taken over then.
 */
export async function adoptKernels(
  { config, log, say }: HubOptions,
  folderLabel: string,
  sessions: KernelSessions,
): Promise<void> {
  const isOurs = (labels: Readonly<Record<string, string>>): boolean => labels['folder'] === folderLabel;
  const adopted = sessions.adoption.begin({ isOurs, cwdOf: () => config.folder });
  try {
    if (await endsWithin(adopted, ADOPTED_WITHIN_MS)) return;
    throw new Error(`no answer for ${durationText(ADOPTED_WITHIN_MS)}`);
  } catch (error) {
    log.error({ error }, 'kernels are out of reach');
    say(`No kernel can run: ${messageOf(error)}; trying again.`);
    adopted.catch((late: unknown) => log.warn({ error: messageOf(late) }, 'kernels are out of reach'));
  }
}

/** A kernel that was found by its connection file is not ours to end (J14). */
export function startedHere(sessions: KernelSessions): readonly KernelSession[] {
  return sessions.list().filter(({ origin }) => origin === 'started');
}

/** Ends the kernels that were started here, with their runs and queues. */
export async function endKernels(sessions: KernelSessions, log: Logger): Promise<void> {
  await Promise.all(startedHere(sessions).map((session) => endAtStop(sessions, session, log)));
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

export function specView(spec: KernelSpec): KernelSpecView {
  return { name: spec.name, displayName: spec.displayName, language: spec.language };
}

/** Resolves when kernels can be started and reached, and those that an earlier hub left are taken over. */
export async function kernelsAnswer({ config }: HubOptions, host: KernelHost, sessions: KernelSessions): Promise<void> {
  await sessions.adoption.settled();
  // One question each: a remote engine is asked for each of its kernels by the others.
  if (config.gateway !== null) await host.kernelSpecs();
  else await sessions.adoption.finished().then(() => host.kernels());
}

export async function kernelNotices(
  sessions: KernelSessions,
  gateway: GatewayConfig | null,
): Promise<readonly Notice[]> {
  try {
    const specs = await sessions.specs.read();
    if (specs.some((spec) => spec.language === 'python')) return [];
  } catch (error) {
    return [{ code: 'noKernels', message: `No kernel can be started: ${messageOf(error)}.` }];
  }
  const here = 'No Python kernel is installed. Install one with `pip install ipykernel`, then reload this page.';
  return [{ code: 'noPythonKernel', message: gateway === null ? here : 'The remote engine has no Python kernel.' }];
}
