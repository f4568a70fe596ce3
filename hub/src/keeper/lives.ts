/**
 * Makes a kernel's lives by its state: of a process to be started, with the same launch arguments, ports and key each
 * time; of one that a former keeper started; or of one that somebody else did (J14).
 */
import { join } from 'node:path';
import type { Log } from '../kernel/log.js';
import { ExistingLife } from './existing-life.js';
import { kernelEnvironment } from './kernel-environment.js';
import { KernelLife } from './kernel-life.js';
import { KernelProcess } from './kernel-process.js';
import type { KernelState } from './kernel-state.js';
import type { Life, LifeListener } from './life.js';
import { isIpykernel } from './room-for-output.js';
import type { RunningProcess } from './running-process.js';
import { TakenOverProcess } from './taken-over-process.js';

export interface LivesOptions {
  /** J9: 60 s is for the slowest kernels on a busy machine. */
  readonly readyTimeoutMs: number;
  /** For a kernel that runs already (J14). */
  readonly heardTimeoutMs: number;
  readonly heartbeatMs: number;
  /** How often a kernel whose process is not ours is asked what it uses. */
  readonly usageEveryMs: number;
  /** How soon the end of a process that is no child is seen. */
  readonly lookEveryMs: number;
  /** The keeper's own, for `${VAR}` in kernelspecs and for what a kernel inherits. */
  readonly env: Readonly<Record<string, string | undefined>>;
}

export interface LifeWanted {
  readonly state: KernelState;
  readonly folder: string;
  /** Goes on with the process that the state names. */
  readonly takesOver: boolean;
  readonly listener: LifeListener;
  readonly log: Log;
}

export function newLife(options: LivesOptions, wanted: LifeWanted): Life {
  const { state, folder, takesOver, listener, log } = wanted;
  const { connection, routingId, specName, start } = state;
  const { heartbeatMs, heardTimeoutMs, usageEveryMs } = options;
  const common = { connection, routingId, heartbeatMs, log, ...listener };
  if (start === null) {
    return new ExistingLife({ ...common, heardTimeoutMs, usageEveryMs, wasHeard: takesOver });
  }
  return new KernelLife({
    ...common,
    specName,
    isIpykernel: isIpykernel(start.launch.argv),
    interruptMode: start.launch.interruptMode,
    process: takesOver ? takenOver(options, wanted) : started(options, wanted, start),
    runsAlready: takesOver,
    connectionPath: connectionPathIn(folder),
    readyTimeoutMs: takesOver && state.phase === 'ready' ? null : options.readyTimeoutMs,
  });
}

function started(
  { env }: LivesOptions,
  { folder, listener }: LifeWanted,
  { launch, cwd }: NonNullable<KernelState['start']>,
): RunningProcess {
  return new KernelProcess({
    argv: launch.argv.map((argument) => argument.replaceAll('{connection_file}', connectionPathIn(folder))),
    env: kernelEnvironment(env, launch.env),
    cwd,
    stdoutPath: join(folder, 'stdout.log'),
    stderrPath: join(folder, 'stderr.log'),
    onStarted: listener.onStarted,
  });
}

function takenOver({ lookEveryMs }: LivesOptions, { folder, state }: LifeWanted): RunningProcess {
  if (state.process === null) throw new Error('its process is not known');
  return new TakenOverProcess({ identity: state.process, stderrPath: join(folder, 'stderr.log'), lookEveryMs });
}

function connectionPathIn(folder: string): string {
  return join(folder, 'connection.json');
}
