/**
 * A Python kernel that is nobody's of the hub: started as a console would, with a connection file of its own. `end`
 * makes sure that it is gone. And ways for a hub to attach to it.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { randomBytes, randomUUID } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { KernelId } from '@cokernel/proto/hub';
import { PortPool } from '../../src/keeper/ports.js';
import type { KernelHost } from '../../src/kernel/kernel-host.js';
import { pythonCommand } from './keeper.js';
import { KernelEvents } from './kernel-events.js';
import { waitUntil } from './wait-until.js';

export interface ExistingKernelOptions {
  /** Where the connection file and, with `ipc`, the sockets lie: a short path. */
  readonly folder: string;
  readonly transport: 'tcp' | 'ipc';
  readonly key?: string;
}

const ports = new PortPool();

export class ExistingKernelProcess {
  private constructor(
    readonly connectionFile: string,
    readonly connection: Readonly<Record<string, string | number>>,
    readonly process: ChildProcess,
  ) {}

  static async start({ folder, transport, key }: ExistingKernelOptions): Promise<ExistingKernelProcess> {
    const name = `theirs-${randomBytes(4).toString('hex')}`;
    const connectionFile = join(folder, `${name}.json`);
    const [shell, control, iopub, stdin, heartbeat] = await ports.take(5, '127.0.0.1');
    const connection = {
      transport,
      ip: transport === 'tcp' ? '127.0.0.1' : join(folder, name),
      ...{ shell_port: shell ?? 0, control_port: control ?? 0, iopub_port: iopub ?? 0 },
      ...{ stdin_port: stdin ?? 0, hb_port: heartbeat ?? 0 },
      key: key ?? randomBytes(16).toString('hex'),
      signature_scheme: 'hmac-sha256',
      kernel_name: 'theirs',
    };
    await writeFile(connectionFile, JSON.stringify(connection), { mode: 0o600 });
    const [program = '', ...args] = await pythonCommand();
    const filled = args.map((argument) => argument.replaceAll('{connection_file}', connectionFile));
    const child = spawn(program, filled, { detached: true, stdio: 'ignore' });
    return new ExistingKernelProcess(connectionFile, connection, child);
  }

  get hasEnded(): boolean {
    return this.process.exitCode !== null || this.process.signalCode !== null;
  }

  async end(): Promise<void> {
    if (this.hasEnded) return;
    this.process.kill('SIGKILL');
    await waitUntil('the kernel has gone', () => this.hasEnded);
  }
}

/** The kernel takes its time to open its ports: whoever attaches by hand does so when it runs. */
export async function adopted(host: KernelHost, connectionFile: string) {
  const kernelId = KernelId.parse(randomUUID());
  const events = new KernelEvents();
  const adopt = () => host.adoptExisting({ kernelId, connectionFile, labels: { fileId: 'f1' }, fence: 1 });
  await waitUntil('the kernel is reached', () => adopt().then(Boolean, isNotThereYet));
  const attached = await host.attach(kernelId, { fromSeq: 0, fence: 1 }, events.listener);
  return { kernelId, events, ...attached };
}

export async function readyExisting(host: KernelHost, connectionFile: string) {
  const started = await adopted(host, connectionFile);
  await started.events.until('ready');
  return started;
}

export function isNotThereYet(error: unknown): false {
  if (String(error).includes('nobody listens')) return false;
  throw error;
}
