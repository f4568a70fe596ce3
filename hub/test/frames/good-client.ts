/** Somebody who works with a kernel all the while: runs `print(n)` again and again, and wants each number back once. */
import type { KernelId } from '@cokernel/proto/hub';
import { executeRequest, parentId, type KernelMessage } from '@cokernel/proto/jupyter';
import type { AttachedKernel, KernelHost, KernelHostEvent } from '../../src/kernel/kernel-host.js';
import { sender } from '../support/kernel-events.js';
import { waitUntil } from '../support/wait-until.js';

export class GoodClient {
  readonly unwanted: KernelHostEvent[] = [];
  #runs = 0;
  #firstRunId = '';
  #kernel: AttachedKernel | null = null;
  #runId = '';
  #printed = '';
  readonly #seen = new Set<string>();

  constructor(
    private readonly host: KernelHost,
    private readonly kernelId: KernelId,
  ) {}

  async attach(fence: number): Promise<void> {
    let isReady = false;
    const attached = await this.host.attach(this.kernelId, { fromSeq: 0, fence }, (event) => {
      if (event.type === 'message') this.#observe(event.message);
      else if (event.type === 'ready') isReady = true;
      else if (['died', 'restarting', 'gap', 'detached'].includes(event.type)) this.unwanted.push(event);
    });
    this.#kernel = attached.kernel;
    await waitUntil('the kernel is ready', () => isReady);
    await this.#run();
    this.#firstRunId = this.#runId;
  }

  /** Of the request that it began with. */
  get firstRunId(): string {
    return this.#firstRunId;
  }

  /** Works until `isOver`, at least once; gives the number of runs. Rejects when one is not answered as it should be. */
  async workUntil(isOver: () => boolean): Promise<number> {
    const before = this.#runs;
    do await this.#run();
    while (!isOver());
    return this.#runs - before;
  }

  async #run(): Promise<void> {
    if (this.#kernel === null) throw new Error('this client has not attached');
    this.#runs += 1;
    const request = executeRequest(sender(), { code: `print(${this.#runs})` });
    this.#begin(request.header.msg_id);
    await this.#kernel.send(request);
    await waitUntil(`run ${this.#runs} has ended`, () => this.#hasEnded);
    if (this.#printed !== `${this.#runs}\n`)
      throw new Error(`run ${this.#runs} printed ${JSON.stringify(this.#printed)}`);
  }

  get #hasEnded(): boolean {
    return this.#seen.has('execute_reply') && this.#seen.has('idle');
  }

  #begin(runId: string): void {
    this.#runId = runId;
    this.#printed = '';
    this.#seen.clear();
  }

  #observe(message: KernelMessage): void {
    if (parentId(message) !== this.#runId) return;
    const { header, content } = message;
    this.#seen.add(header.msg_type);
    // A kernel may complain on stderr of what others send it, in the middle of anybody's run.
    if (content['name'] === 'stdout') this.#printed += String(content['text']);
    if (header.msg_type === 'status') this.#seen.add(String(content['execution_state']));
  }
}
