/** Many stock clients of one room in a process of their own, at one hub of a cluster as long as that is there. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { repository } from '../../end-to-end/support/repository.js';
import type { Scratch } from '../../end-to-end/support/scratch.js';
import { CrowdAnswer, type CrowdOrder, type CrowdView } from './crowd-order.js';

export class Crowd {
  private constructor(private readonly child: ChildProcess) {}

  static start(scratch: Scratch): Crowd {
    const program = `${repository.root}test/torture/programs/crowd.ts`;
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
    return new Crowd(child);
  }

  /** Resolves with what the crowd sees when it has done as told. One order at a time. */
  async tell(order: CrowdOrder): Promise<CrowdView> {
    const heard = once(this.child, 'message');
    this.child.send(order);
    const [message]: unknown[] = await heard;
    const answer = CrowdAnswer.parse(message);
    if (answer.answer === 'failed') throw new Error(`a crowd: ${answer.why}`);
    return answer.view;
  }
}
