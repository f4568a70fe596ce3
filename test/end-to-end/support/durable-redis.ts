/** A real Redis that has each change on disk before it answers, and that can be killed and started again on its port. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createConnection } from 'node:net';
import { freePort } from './free-port.js';
import { neededProgram } from './program.js';
import { repository } from './repository.js';
import type { Scratch } from './scratch.js';
import { until } from './until.js';

export interface DurableRedis {
  readonly port: number;
  readonly url: string;
  /** Starts it again with what is on disk; resolves when it answers. */
  start(): Promise<void>;
  /** Resolves when it is gone. Can be called twice. */
  kill(): Promise<void>;
  /** Holds it (SIGSTOP): connections stay, nothing is answered. */
  pause(): void;
  resume(): void;
}

/** As compose starts it, and `npm run cluster`. */
const SETTINGS = `${repository.root}docker/redis.conf`;

export async function startDurableRedis(scratch: Scratch): Promise<DurableRedis> {
  const port = await freePort();
  const folder = scratch.make('redis');
  let child: ChildProcess | null = null;
  const kill = async (): Promise<void> => {
    if (child === null || child.exitCode !== null || child.signalCode !== null) return;
    const gone = once(child, 'exit');
    child.kill('SIGKILL');
    await gone;
  };
  const start = async (): Promise<void> => {
    const args = [SETTINGS, '--port', String(port), '--bind', '127.0.0.1', '--dir', folder];
    child = spawn(neededProgram('redis-server'), args, { stdio: 'ignore' });
    // While it loads what is on disk it accepts connections, and answers LOADING.
    await until('Redis to answer', () => answersPing(port));
  };
  scratch.atEnd(kill);
  await start();
  return {
    port,
    url: `redis://127.0.0.1:${port}`,
    start,
    kill,
    pause: () => void child?.kill('SIGSTOP'),
    resume: () => void child?.kill('SIGCONT'),
  };
}

function answersPing(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createConnection(port, '127.0.0.1', () => socket.write('PING\r\n'));
    socket.once('data', (answer) => {
      socket.destroy();
      resolve(answer.toString().startsWith('+PONG'));
    });
    socket.once('error', () => resolve(false));
  });
}
