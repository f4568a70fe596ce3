/** Many stock clients of one room in a process of their own, at one hub of a cluster as long as that is there. */
import type { ChildProcess } from 'node:child_process';
import type { Scratch } from '../../end-to-end/support/scratch.js';
import { CrowdAnswer, type CrowdOrder, type CrowdView } from './crowd-order.js';
import { startToldProcess, tellProcess } from './told-process.js';

export class Crowd {
  private constructor(private readonly child: ChildProcess) {}

  static start(scratch: Scratch): Crowd {
    return new Crowd(startToldProcess(scratch, 'crowd'));
  }

  /** Resolves with what the crowd sees when it has done as told. One order at a time. */
  async tell(order: CrowdOrder): Promise<CrowdView> {
    const answer = CrowdAnswer.parse(await tellProcess(this.child, order));
    if (answer.answer === 'failed') throw new Error(`a crowd: ${answer.why}`);
    return answer.view;
  }
}
