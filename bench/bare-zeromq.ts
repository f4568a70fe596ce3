/** The yardstick: one kernel over bare ZeroMQ in Node, with nothing between. A run is over at reply and idle. */
import { randomUUID, createHmac } from 'node:crypto';
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { Dealer, Subscriber } from 'zeromq';

const KEY = randomUUID();

export class BareKernel {
  private constructor(
    private readonly process: ChildProcess,
    private readonly shell: Dealer,
    private readonly iopub: Subscriber,
    private readonly folder: string,
  ) {}

  /** Starts ipykernel with this Python and waits until it answers. */
  static async start(python: string): Promise<BareKernel> {
    const folder = await mkdtemp(path.join(os.tmpdir(), 'bench-'));
    const [shellPort, iopubPort, stdinPort, controlPort, hbPort] = await freePorts(5);
    const file = path.join(folder, 'connection.json');
    const ports = {
      shell_port: shellPort,
      iopub_port: iopubPort,
      stdin_port: stdinPort,
      control_port: controlPort,
      hb_port: hbPort,
    };
    await writeFile(
      file,
      JSON.stringify({ ...ports, ip: '127.0.0.1', transport: 'tcp', key: KEY, signature_scheme: 'hmac-sha256' }),
      { mode: 0o600 },
    );
    const child = spawn(python, ['-m', 'ipykernel_launcher', '-f', file], { stdio: 'ignore' });
    const shell = new Dealer({ routingId: 'bench', linger: 0 });
    const iopub = new Subscriber({ linger: 0 });
    iopub.subscribe('');
    shell.connect(`tcp://127.0.0.1:${String(shellPort)}`);
    iopub.connect(`tcp://127.0.0.1:${String(iopubPort)}`);
    const kernel = new BareKernel(child, shell, iopub, folder);
    await kernel.execute('pass');
    return kernel;
  }

  /** Runs code; resolves when its reply and its idle have both come. */
  async execute(code: string): Promise<void> {
    const id = randomUUID();
    const content = {
      code,
      silent: false,
      store_history: true,
      user_expressions: {},
      allow_stdin: false,
      stop_on_error: true,
    };
    await this.shell.send(frames('execute_request', id, content));
    await Promise.all([this.replied(id), this.idle(id)]);
  }

  async stop(): Promise<void> {
    const gone = once(this.process, 'exit');
    this.process.kill('SIGKILL');
    await gone;
    this.shell.close();
    this.iopub.close();
    await rm(this.folder, { recursive: true, force: true });
  }

  private async replied(id: string): Promise<void> {
    for await (const parts of this.shell) if (isOf(parts, id, 'execute_reply')) return;
  }

  private async idle(id: string): Promise<void> {
    for await (const parts of this.iopub) {
      if (isOf(parts, id, 'status') && contentOf(parts).includes('"idle"')) return;
    }
  }
}

function frames(type: string, id: string, content: object): string[] {
  const header = {
    msg_id: id,
    session: 'bench',
    username: 'bench',
    date: new Date().toISOString(),
    msg_type: type,
    version: '5.4',
  };
  const parts = [header, {}, {}, content].map((part) => JSON.stringify(part));
  const signature = createHmac('sha256', KEY);
  for (const part of parts) signature.update(part);
  return ['<IDS|MSG>', signature.digest('hex'), ...parts];
}

function isOf(parts: Buffer[], id: string, type: string): boolean {
  const start = parts.findIndex((part) => part.toString() === '<IDS|MSG>');
  const [header, parent] = [parts[start + 2]?.toString() ?? '', parts[start + 3]?.toString() ?? ''];
  return parent.includes(id) && header.includes(`"${type}"`);
}

function contentOf(parts: Buffer[]): string {
  const start = parts.findIndex((part) => part.toString() === '<IDS|MSG>');
  return parts[start + 5]?.toString() ?? '';
}

async function freePorts(count: number): Promise<number[]> {
  const servers = await Promise.all(
    Array.from({ length: count }, async () => {
      const server = createServer().listen(0, '127.0.0.1');
      await once(server, 'listening');
      return server;
    }),
  );
  const ports = servers.map((server) => (server.address() as AddressInfo).port);
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}
