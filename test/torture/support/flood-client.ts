/** A client in a process of its own, in the room of the flood: so what it has to read does not slow who measures. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { repository } from '../../end-to-end/support/repository.js';
import type { Scratch } from '../../end-to-end/support/scratch.js';
import { FloodAnswer, type FloodOrder } from './flood-order.js';

export class FloodClient {
  private constructor(private readonly child: ChildProcess) {}

  static start(scratch: Scratch): FloodClient {
    const program = `${repository.root}test/torture/programs/flood-client.ts`;
    const { NODE_OPTIONS: _jest, ...env } = process.env;
    const child = spawn(process.execPath, ['--import', 'tsx', program], {
      cwd: repository.root,
      env,
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    });
    scratch.atEnd(async () => {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const gone = once(child, 'exit');
      child.kill('SIGKILL');
      await gone;
    });
    return new FloodClient(child);
  }

  /** Resolves with the milliseconds that it took as the client saw it. */
  async tell(order: FloodOrder): Promise<number> {
    const heard = once(this.child, 'message');
    this.child.send(order);
    const [message]: unknown[] = await heard;
    const answer = FloodAnswer.parse(message);
    if (answer.answer === 'failed') throw new Error(`the client in the flood: ${answer.why}`);
    return answer.ms;
  }
}
