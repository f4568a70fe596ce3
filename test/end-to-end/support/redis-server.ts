/** A real Redis on a port of its own, with nothing on disk. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createConnection } from 'node:net';
import { freePort } from './free-port.js';
import { neededProgram } from './program.js';
import type { Scratch } from './scratch.js';
import { until } from './until.js';

/** Resolves with its URL once it accepts connections. */
export async function startRedis(scratch: Scratch): Promise<string> {
  const port = await freePort();
  const folder = scratch.make('redis');
  const args = ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no', '--dir', folder];
  const child = spawn(neededProgram('redis-server'), args, { stdio: 'ignore' });
  scratch.atEnd(async () => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const gone = once(child, 'exit');
    child.kill('SIGTERM');
    await gone;
  });
  await until('Redis to accept connections', () => accepts(port));
  return `redis://127.0.0.1:${port}`;
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createConnection(port, '127.0.0.1');
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
    socket.once('connect', () => socket.destroy());
  });
}
