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
import { setTimeout as delay } from 'node:timers/promises';
import { Dealer, Subscriber } from 'zeromq';
import { z } from 'zod';

const KEY = randomUUID();

export class BareKernel {
  private readonly waiting = new Map<string, () => void>();

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
    kernel.listen();
    await kernel.ready();
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
    const over = Promise.all([this.wait(`execute_reply ${id}`), this.wait(`idle ${id}`)]);
    await this.shell.send(frames('execute_request', id, content));
    await over;
  }

  async stop(): Promise<void> {
    const gone = once(this.process, 'exit');
    this.process.kill('SIGKILL');
    await gone;
    this.shell.close();
    this.iopub.close();
    await rm(this.folder, { recursive: true, force: true });
  }

  /** A connected socket proves nothing: asks until an answer has come on both channels. */
  private async ready(): Promise<void> {
    let answered = false;
    while (!answered) {
      const id = randomUUID();
      const both = Promise.all([this.wait(`kernel_info_reply ${id}`), this.wait(`idle ${id}`)]);
      await this.shell.send(frames('kernel_info_request', id, {}));
      answered = await Promise.race([both.then(() => true), delay(500, false)]);
    }
  }

  private wait(what: string): Promise<void> {
    return new Promise((resolve) => this.waiting.set(what, resolve));
  }

  private listen(): void {
    for (const socket of [this.shell, this.iopub]) {
      // Ends when the socket is closed.
      this.read(socket).catch(() => undefined);
    }
  }

  private async read(socket: Dealer | Subscriber): Promise<void> {
    for await (const parts of socket) {
      const start = parts.findIndex((part) => part.toString() === '<IDS|MSG>');
      const [header, parent, , content] = parts.slice(start + 2).map((part): unknown => JSON.parse(part.toString()));
      const { msg_type } = z.object({ msg_type: z.string() }).parse(header);
      const what = z.object({ execution_state: z.string() }).safeParse(content).data?.execution_state ?? msg_type;
      const key = `${what} ${z.object({ msg_id: z.string() }).safeParse(parent).data?.msg_id ?? ''}`;
      this.waiting.get(key)?.();
      this.waiting.delete(key);
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
