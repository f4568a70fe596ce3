/** A Redis server of a test's own: on a free port, in an empty folder, gone when it is stopped. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PortPool } from '../../src/keeper/ports.js';

export interface RedisServer {
  readonly url: string;
  readonly port: number;
  /** Where nodes of a cluster talk to each other. */
  readonly busPort: number;
  /** Ends the server; what was written is kept for `start`. */
  stop(): Promise<void>;
  start(): Promise<void>;
  /** Stops the server for good. */
  remove(): Promise<void>;
}

const ports = new PortPool();

export interface RedisServerOptions {
  /** It is to be a node of a cluster. */
  readonly isNode?: boolean;
  /** When it has a change on disk: before it answers, or within a second. */
  readonly appendfsync?: 'always' | 'everysec';
}

export async function startRedisServer({
  isNode = false,
  appendfsync = 'everysec',
}: RedisServerOptions = {}): Promise<RedisServer> {
  const folder = await mkdtemp(join(tmpdir(), 'cokernel-redis-'));
  const [port = 0, busPort = 0] = await ports.take(2, '127.0.0.1');
  const more = isNode
    ? ['--cluster-enabled', 'yes', '--cluster-port', String(busPort), '--cluster-node-timeout', '5000']
    : [];
  const options = ['--appendfsync', appendfsync, ...more];
  let child: ChildProcess | null = null;
  const server: RedisServer = {
    url: `redis://127.0.0.1:${String(port)}`,
    port,
    busPort,
    start: async () => {
      child = await spawnRedis(port, folder, options);
    },
    stop: async () => {
      const running = child;
      child = null;
      if (running !== null) await endOf(running);
    },
    remove: async () => {
      await server.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
  await server.start();
  return server;
}

function spawnRedis(port: number, folder: string, more: readonly string[]): Promise<ChildProcess> {
  const options = ['--port', String(port), '--bind', '127.0.0.1', '--dir', folder, '--appendonly', 'yes', '--save', ''];
  const child = spawn('redis-server', [...options, ...more], { stdio: ['ignore', 'pipe', 'pipe'] });
  return new Promise((resolve, reject) => {
    let said = '';
    child.stdout.on('data', (chunk: Buffer) => {
      said += chunk.toString();
      if (said.includes('Ready to accept connections')) resolve(child);
    });
    child.once('error', (error) => {
      reject(
        new Error(`These tests need redis-server on PATH (Debian: apt-get install redis-server): ${error.message}`),
      );
    });
    child.once('exit', (code) => {
      reject(new Error(`redis-server ended with ${String(code)} instead of starting: ${said}`));
    });
  });
}

function endOf(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    if (child.exitCode !== null || child.signalCode !== null) resolve();
    child.once('exit', () => {
      resolve();
    });
    child.kill('SIGTERM');
  });
}
