/**
 * A Python kernel that is nobody's of the hub: started as a console would, with a connection file of its own. `end`
 * makes sure that it is gone.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PortPool } from '../../src/keeper/ports.js';
import { pythonCommand } from './keeper.js';
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
