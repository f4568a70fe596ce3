/** A client in a process of its own, in the room of the flood: so what it has to read does not slow who measures. */
import type { ChildProcess } from 'node:child_process';
import type { Scratch } from '../../end-to-end/support/scratch.js';
import { FloodAnswer, type FloodOrder } from './flood-order.js';
import { startToldProcess, tellProcess } from './told-process.js';

export class FloodClient {
  private constructor(private readonly child: ChildProcess) {}

  static start(scratch: Scratch): FloodClient {
    return new FloodClient(startToldProcess(scratch, 'flood-client'));
  }

  /** Resolves with the milliseconds that it took as the client saw it. */
  async tell(order: FloodOrder): Promise<number> {
    const answer = FloodAnswer.parse(await tellProcess(this.child, order));
    if (answer.answer === 'failed') throw new Error(`the client in the flood: ${answer.why}`);
    return answer.ms;
  }
}
