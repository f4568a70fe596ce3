/** What watches over a hub: whether it can serve, and its figures, told and asked of its parts. */
import { access, constants } from 'node:fs/promises';
import type { KernelMessage } from '@cokernel/proto/jupyter';
import type { OwnServing } from './gateway/own-serving.js';
import { kernelsAnswer } from './hub-kernels.js';
import type { HubOptions } from './hub-options.js';
import type { KernelHost } from './kernel/kernel-host.js';
import { MessageCounts } from './metrics/message-counts.js';
import type { Metrics } from './metrics/metrics.js';
import { measureOccupancy } from './metrics/occupancy.js';
import { RunFigures } from './metrics/run-figures.js';
import type { RunFiguresOptions } from './metrics/run-figures.js';
import { Readiness } from './readiness.js';
import type { RoomRegistry } from './room/room-registry.js';
import type { KernelSession } from './run/kernel-session.js';
import type { KernelSessions } from './run/kernel-sessions.js';

/** A proxy or Kubernetes waits for a probe about as long. */
const READY_LIMIT_MS = 2_000;

export interface NeededParts {
  readonly host: KernelHost;
  readonly sessions: KernelSessions;
  /** Null: there is no Redis. */
  readonly redisAnswers: (() => Promise<void>) | null;
}

/** `readyz` names these parts (PROTOCOL.md §12). */
export function readinessOf(options: HubOptions, { host, sessions, redisAnswers }: NeededParts): Readiness {
  const { config, log } = options;
  return new Readiness({
    parts: {
      storage: () => mayWrite(config.storeDirectory),
      folder: () => mayWrite(config.folder),
      kernels: () => kernelsAnswer(options, host, sessions),
      ...(redisAnswers === null ? {} : { redis: redisAnswers }),
    },
    limitMs: READY_LIMIT_MS,
    log,
  });
}

function mayWrite(folder: string): Promise<void> {
  return access(folder, constants.R_OK | constants.W_OK | constants.X_OK);
}

/** Told of each session and of all that its kernel says. */
export interface KernelFigures {
  readonly onSession: (session: KernelSession) => void;
  readonly onMessage: (message: KernelMessage) => void;
}

export function kernelFigures({ registry }: Metrics, options: Omit<RunFiguresOptions, 'registry'>): KernelFigures {
  const runs = new RunFigures({ ...options, registry });
  const messages = new MessageCounts(registry);
  return { onSession: (session) => runs.follow(session), onMessage: (message) => messages.add(message) };
}

export function measureHub(
  { registry }: Metrics,
  { rooms, sessions, serving }: { rooms: RoomRegistry; sessions: KernelSessions; serving: OwnServing },
): void {
  measureOccupancy(registry, {
    roomCount: () => rooms.count,
    connections: () => serving.doors(),
    kernelStatuses: () => sessions.list().map((session) => session.view().status),
  });
}
