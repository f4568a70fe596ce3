/**
 * A keeper for one test, with a data folder and kernelspecs of its own. `stop` ends it with all its
 * kernels and waits until the process is gone.
 */
import { spawnSync } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { KeeperHost } from '../../src/kernel/keeper-host.js';
import { keeperPaths } from '../../src/kernel/keeper-paths.js';
import { encodeJson } from '../../src/kernel/keeper-protocol.js';
import { launchOf } from '../../src/kernel/launch.js';
import { jupyterDataDirs } from '../../src/kernel/kernelspec-dirs.js';
import { findKernelSpecs } from '../../src/kernel/kernelspecs.js';
import { keeperCommand } from '../../../test/end-to-end/support/programs.js';
import { waitUntil } from './wait-until.js';

export interface TestKeeperOptions {
  /** Makes the data folder's path so much longer. */
  readonly longPath?: boolean;
  readonly idleExitMs?: number;
  readonly leaveAfterMs?: number;
  readonly maxJournalBytes?: number;
  readonly maxUnreadJournalBytes?: number;
}

export class TestKeeper {
  readonly logged: string[] = [];
  readonly #hosts: KeeperHost[] = [];

  private constructor(
    private readonly folder: string,
    readonly dataDir: string,
    private readonly options: TestKeeperOptions,
  ) {}

  /** The keeper itself starts with the first host that needs it. */
  static async make(options: TestKeeperOptions = {}): Promise<TestKeeper> {
    const folder = await mkdtemp(join(tmpdir(), 'cokernel-keeper-'));
    const dataDir = join(folder, options.longPath === true ? 'd'.repeat(120) : 'data');
    const keeper = new TestKeeper(folder, dataDir, options);
    await keeper.addSpec('python3', await pythonCommand());
    return keeper;
  }

  /** One hub's view; closed by `stop` at the latest. */
  host(): KeeperHost {
    const host = new KeeperHost({
      dataDir: this.dataDir,
      keeperCommand,
      idleExitMs: this.options.idleExitMs ?? 30_000,
      leaveAfterMs: this.options.leaveAfterMs ?? 3_600_000,
      maxJournalBytes: this.options.maxJournalBytes ?? 64 * 1024 * 1024,
      maxUnreadJournalBytes: this.options.maxUnreadJournalBytes ?? 1024 * 1024 * 1024,
      startTimeoutMs: 30_000,
      extraDataDirs: [join(this.folder, 'jupyter')],
      env: {},
      log: (level, message, fields) => this.logged.push(`${level} ${message} ${JSON.stringify(fields)}`),
    });
    this.#hosts.push(host);
    return host;
  }

  async addSpec(name: string, argv: readonly string[], more: object = {}): Promise<void> {
    const spec = join(this.folder, 'jupyter', 'kernels', name);
    await mkdir(spec, { recursive: true });
    const content = { argv, display_name: name, language: 'python', ...more };
    await writeFile(join(spec, 'kernel.json'), JSON.stringify(content));
  }

  /** Of every keeper that was started for this data folder. */
  async pids(): Promise<readonly number[]> {
    const started = (await this.log()).split('\n').filter((line) => line.includes('the keeper has started'));
    return started.map((line) => Number(/"pid":(\d+)/.exec(line)?.[1]));
  }

  /** What all of them have logged. */
  log(): Promise<string> {
    return readFile(join(this.dataDir, 'keeper.log'), 'utf8').catch(() => '');
  }

  /** SIGKILL to the keeper that serves now; its kernels are left. Gives its pid. */
  async kill(): Promise<number> {
    const pid = (await this.pids()).at(-1) ?? 0;
    process.kill(pid, 'SIGKILL');
    await waitUntil(`the keeper ${pid} has gone`, () => !isAlive(pid));
    return pid;
  }

  async stop(): Promise<void> {
    await Promise.all(this.#hosts.map((host) => host.close()));
    for (const pid of await this.pids()) {
      if (isAlive(pid)) process.kill(pid, 'SIGTERM');
      await waitUntil(`the keeper ${pid} has gone`, () => !isAlive(pid));
    }
    await rm(this.folder, { recursive: true, force: true });
  }
}

/** A Python with ipykernel: COKERNEL_TEST_PYTHON, else that of the first Python kernelspec found (J13). */
export async function pythonCommand(): Promise<readonly string[]> {
  const launcher = ['-m', 'ipykernel_launcher', '-f', '{connection_file}'];
  const python = process.env['COKERNEL_TEST_PYTHON'];
  if (python) return [python, ...launcher];
  const surroundings = { env: process.env, home: homedir(), platform: process.platform };
  const specs = await findKernelSpecs(jupyterDataDirs(surroundings, []), () => undefined);
  const spec = specs.find(({ language }) => language === 'python');
  if (spec === undefined) throw new Error('these tests need a Python kernel: set COKERNEL_TEST_PYTHON or JUPYTER_PATH');
  return (await launchOf(spec)).argv;
}

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

/** Not a zombie that nobody has waited for, as children of a killed keeper are where no init reaps them. */
export function isRunning(pid: number): boolean {
  return isAlive(pid) && !stateOf(pid).startsWith('Z');
}

/** As `ps` has it: T is stopped, Z is a zombie. */
export function stateOf(pid: number): string {
  return spawnSync('ps', ['-o', 'stat=', '-p', String(pid)], { encoding: 'utf8' }).stdout.trim();
}

/** A hub without our client: says hello and lets the test read, or not. */
export async function rawHub(dataDir: string, version = 2): Promise<Socket> {
  const { socketPath } = await keeperPaths(dataDir);
  const socket = connect(socketPath);
  await new Promise((resolve) => socket.once('connect', resolve));
  socket.write(encodeJson({ type: 'hello', version }));
  return socket;
}
