/**
 * What the clients of a kernel's channels ask to run: each request is put into the run queue, in the order of its client,
 * and answered by the hub when the queue refuses it or ends it. A failed run ends what its client had asked before that
 * end was heard, as in a kernel of its own, and nothing that comes after.
 */
import type { KernelMessage } from '@cokernel/proto/jupyter';
import type { BatchId, KernelId } from '@cokernel/proto/hub';
import { RequestId, sourceHash } from '@cokernel/proto/hub';
import { messageOf } from '../errors.js';
import { clientRun } from './client-run.js';
import { aborted, outcomeOf } from './kernel-channel-answers.js';
import type { ChannelRequests } from './kernel-channel-requests.js';
import { acceptedRuns } from './accepted-runs.js';
import type { QueueChange, RunQueue } from './run-queue.js';

export interface ChannelRunsOptions {
  readonly kernelId: KernelId;
  readonly queue: Pick<RunQueue, 'find' | 'enqueue'>;
  readonly requests: ChannelRequests;
  /** Says what is missing of the answer to a request. */
  readonly answer: (msgId: string, content: Readonly<Record<string, unknown>>) => void;
  readonly newId: () => string;
  readonly clock: () => Date;
}

interface Asked {
  readonly message: KernelMessage;
  readonly client: BatchId;
}

export class ChannelRuns {
  /** Runs of clients of which the queue has not told the end. */
  private readonly unsettled = new Map<string, BatchId>();
  /** Runs that were asked for after an end that the queue has not told, in order. */
  private afterEnd: readonly Asked[] = [];

  constructor(private readonly options: ChannelRunsOptions) {}

  /** Resolves when it is in the queue, refused, or waits for the end of an earlier one. */
  async ask(message: KernelMessage, client: BatchId): Promise<void> {
    if (this.hasUntoldEnd(client)) this.afterEnd = [...this.afterEnd, { message, client }];
    else await this.execute(message, client);
  }

  /** A run that ended without a reply of the kernel, or whose reply went to an earlier hub, is answered by this one. */
  async queueChanged(change: QueueChange): Promise<void> {
    for (const run of change.finished) {
      this.unsettled.delete(run.runId);
      this.options.answer(run.runId, outcomeOf(run));
    }
    this.forgetSettled(change);
    const asked = this.afterEnd;
    this.afterEnd = [];
    await Promise.all(asked.map(({ message, client }) => this.ask(message, client)));
  }

  /** A subscriber that missed changes is told of no end: what the kernel has answered and the queue has not is over. */
  private forgetSettled({ snapshot: { running, queued } }: QueueChange): void {
    const there = new Set<string>([...(running === null ? [] : [running]), ...queued].map(({ runId }) => runId));
    for (const id of [...this.unsettled.keys()]) {
      if (this.options.requests.get(id) === null && !there.has(id)) this.unsettled.delete(id);
    }
  }

  private hasUntoldEnd(client: BatchId): boolean {
    const isAnswered = ([id, owner]: [string, BatchId]): boolean =>
      owner === client && (this.options.requests.get(id)?.heard.reply ?? true);
    return this.afterEnd.some((asked) => asked.client === client) || [...this.unsettled].some(isAnswered);
  }

  private async execute(message: KernelMessage, client: BatchId): Promise<void> {
    const { msg_id: id } = message.header;
    this.unsettled.set(id, client);
    const refusal = await this.enqueue(message, client);
    if (refusal === null) return;
    this.unsettled.delete(id);
    this.options.answer(id, aborted(refusal));
  }

  /** Answers why it is not in the queue; null when it is. */
  private async enqueue(message: KernelMessage, client: BatchId): Promise<string | null> {
    const { kernelId, queue } = this.options;
    const run = clientRun(this.options, message, client);
    if (run === null) return 'the request has no code, or no id that a run can have';
    const requestId = RequestId.parse(sourceHash(`${client} ${run.view.runId}`));
    try {
      const known = await queue.find(kernelId, run.view.runId);
      if (known !== null) return 'there was a request of this id before';
      acceptedRuns(await queue.enqueue(kernelId, requestId, [run]));
      return null;
    } catch (error) {
      return messageOf(error);
    }
  }
}
