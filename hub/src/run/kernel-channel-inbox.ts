/**
 * What the clients of a kernel's channels send, and what comes of it: an execute_request goes through the run queue like
 * everybody's; interrupt, shutdown and answers to questions go to the session; all else is passed on to the kernel.
 *
 * It guarantees: every request gets its reply and its idle, from the kernel or from the hub; what a client sends on shell
 * comes after the runs that it asked for before; a kernel that is starting or restarting gets it when it is ready.
 */
import type { KernelMessage } from '@cokernel/proto/jupyter';
import { PROTOCOL_VERSION, parentId, statusMessage } from '@cokernel/proto/jupyter';
import type { BatchId, KernelStatus, RunView } from '@cokernel/proto/hub';
import { messageOf } from '../errors.js';
import type { NewSender } from './kernel-channel-answers.js';
import { aborted, answersTo, replyType } from './kernel-channel-answers.js';
import type { ChannelRequests } from './kernel-channel-requests.js';
import { ChannelRuns } from './kernel-channel-runs.js';
import type { KernelSession } from './kernel-session.js';
import type { SessionLog } from './kernel-session-options.js';
import type { QueueChange, RunQueue } from './run-queue.js';

export interface ChannelInboxOptions {
  readonly session: KernelSession;
  readonly queue: RunQueue;
  readonly requests: ChannelRequests;
  readonly say: (message: KernelMessage, to: BatchId) => void;
  readonly newSender: NewSender;
  /** The kernel's own session id is known, so that what the hub says in its place fits. */
  readonly knowsKernel: () => boolean;
  readonly newId: () => string;
  readonly clock: () => Date;
  readonly log: SessionLog;
}

/** What a client may ask for that is not the kernel's business alone. */
export interface ClientDoors {
  /** Ends the kernel for everybody. */
  readonly shutDown: () => Promise<void>;
}

interface Waiting {
  readonly message: KernelMessage;
  readonly client: BatchId;
  /** The client's own runs that come first. */
  readonly after: readonly string[];
}

/** More than a client sends while a kernel starts. */
const MOST_WAITING = 1_000;

export class ChannelInbox {
  private status: KernelStatus;
  /** By client and channel, in order. */
  private readonly lines = new Map<string, Waiting[]>();
  private readonly runs: ChannelRuns;

  constructor(private readonly options: ChannelInboxOptions) {
    this.status = options.session.view().status;
    const { kernelId } = options.session;
    this.runs = new ChannelRuns({ ...options, kernelId, answer: (msgId, content) => this.answer(msgId, content) });
  }

  /** Takes a client's message in; answers why it was dropped, null when it was not. */
  receive(message: KernelMessage, client: BatchId, doors: ClientDoors): string | null {
    const { channel, header } = message;
    if (channel === 'iopub') return 'sentOnIopub';
    if (channel === 'stdin') return this.answerPrompt(message, client);
    if (replyType(header) !== null && !this.options.requests.add({ client, channel, header, isRun: isRun(message) })) {
      return 'repeatedRequest';
    }
    if (channel === 'control') this.control(message, client, doors);
    else this.shell(message, client);
    return null;
  }

  /** The kernel began with a run or ended a request: what waited for it goes on. */
  release(): void {
    for (const [key, line] of this.lines) {
      let first = line[0];
      while (first !== undefined && this.mayGo(first)) {
        this.forward(first);
        line.shift();
        first = line[0];
      }
      if (line.length === 0) this.lines.delete(key);
    }
  }

  kernelChanged(status: KernelStatus): void {
    const before = this.status;
    this.status = status;
    if (status === before) return;
    switch (status) {
      case 'restarting':
        return this.answerForwarded('the kernel was restarted');
      case 'dead':
      case 'failed':
        this.answerForwarded(`the kernel is ${status}`);
        return this.answerWaiting(`the kernel is ${status}`);
      case 'idle':
      case 'busy':
        return this.release();
      case 'starting':
      case 'reconnecting':
    }
  }

  queueChanged(change: QueueChange): void {
    this.background(this.runs.queueChanged(change));
    this.release();
  }

  /** Runs of clients that an earlier hub knew. */
  restore(run: RunView): void {
    this.options.requests.add({ client: run.batchId, channel: 'shell', header: headerOf(run), isRun: true });
  }

  private control(message: KernelMessage, client: BatchId, doors: ClientDoors): void {
    switch (message.header.msg_type) {
      case 'shutdown_request':
        return this.shutDown(message, doors);
      case 'interrupt_request':
        return this.background(this.interrupt(message));
      default:
        return this.passOn({ message, client, after: [] });
    }
  }

  private shell(message: KernelMessage, client: BatchId): void {
    if (isRun(message)) return this.background(this.runs.ask(message, client));
    if (this.isKnownKernelInfo(message)) {
      return this.answer(message.header.msg_id, { status: 'ok', ...this.options.session.kernelInfo });
    }
    // A subshell does not wait for the main one.
    const isBeside = typeof message.header.subshell_id === 'string';
    this.passOn({ message, client, after: isBeside ? [] : this.options.requests.waitingRuns(client) });
  }

  /** A client that comes while a cell runs is not kept waiting for what is known. */
  private isKnownKernelInfo({ header }: KernelMessage): boolean {
    const { session, knowsKernel } = this.options;
    return (
      header.msg_type === 'kernel_info_request' &&
      this.status === 'busy' &&
      session.kernelInfo !== null &&
      knowsKernel()
    );
  }

  private passOn(waiting: Waiting): void {
    const key = `${waiting.message.channel} ${waiting.client}`;
    const line = this.lines.get(key) ?? [];
    if (line.length === 0 && this.mayGo(waiting)) return this.forward(waiting);
    if (line.length >= MOST_WAITING || this.isGone()) {
      return this.answer(waiting.message.header.msg_id, aborted(`the kernel is ${this.status}`));
    }
    this.lines.set(key, [...line, waiting]);
  }

  private mayGo({ after }: Waiting): boolean {
    if (this.status !== 'idle' && this.status !== 'busy') return false;
    return after.every((runId) => !this.options.requests.isWaitingRun(runId));
  }

  private isGone(): boolean {
    return this.status === 'dead' || this.status === 'failed';
  }

  private forward({ message, client }: Waiting): void {
    const { session, requests, say, log } = this.options;
    const passed = session.forward(message).then(
      (answers) => {
        for (const answer of answers) {
          requests.observe(answer);
          say(answer, client);
        }
      },
      (error: unknown) => {
        log.info({ error: messageOf(error), type: message.header.msg_type }, 'a message did not reach its kernel');
        this.answer(message.header.msg_id, aborted(messageOf(error)));
      },
    );
    this.background(passed);
  }

  private async interrupt({ header }: KernelMessage): Promise<void> {
    try {
      await this.options.session.interrupt();
      this.answer(header.msg_id, { status: 'ok' });
    } catch (error) {
      this.answer(header.msg_id, failed(error));
    }
  }

  /** Answered before it happens: afterwards there is nobody who could. */
  private shutDown({ header, content }: KernelMessage, doors: ClientDoors): void {
    const restart = content['restart'] === true;
    this.answer(header.msg_id, { status: 'ok', restart });
    this.background(restart ? this.options.session.restart('a Jupyter client') : doors.shutDown());
  }

  /** Of the client alone whose run asks; an answer to an earlier question is stale (J18). */
  private answerPrompt(message: KernelMessage, client: BatchId): string | null {
    const { session, requests } = this.options;
    const { prompt } = session;
    const value = message.content['value'];
    if (message.header.msg_type !== 'input_reply' || typeof value !== 'string') return 'noInputReply';
    if (prompt === null || requests.get(prompt.runId)?.client !== client) return 'notAsked';
    const parent = parentId(message);
    if (parent !== null && parent !== prompt.promptId && parent !== prompt.runId) return 'staleInputReply';
    this.background(session.answerPrompt(prompt.promptId, value));
    return null;
  }

  /** Says what is missing of the answer to a request; nothing when it is answered already. */
  private answer(msgId: string, content: Readonly<Record<string, unknown>>): void {
    const { requests, say, newSender, session } = this.options;
    const request = requests.take(msgId);
    if (request === null) return;
    for (const message of answersTo(request, request.heard, content, newSender)) say(message, request.client);
    const { currentRun } = session;
    if (this.status !== 'busy' || currentRun === null) return;
    // The idle before was the request's own: the kernel works on.
    say(statusMessage({ ...newSender(), parent: headerOf(currentRun) }, 'busy'), request.client);
  }

  private answerForwarded(reason: string): void {
    const waiting = new Set([...this.lines.values()].flat().map(({ message }) => message.header.msg_id));
    for (const { header } of this.options.requests.forwarded()) {
      if (!waiting.has(header.msg_id)) this.answer(header.msg_id, aborted(reason));
    }
  }

  private answerWaiting(reason: string): void {
    const waiting = [...this.lines.values()].flat();
    this.lines.clear();
    for (const { message } of waiting) this.answer(message.header.msg_id, aborted(reason));
  }

  private background(work: Promise<unknown>): void {
    const { log, session } = this.options;
    work.catch((error: unknown) => log.error({ error, kernelId: session.kernelId }, "a client's request failed"));
  }
}

function isRun({ channel, header }: KernelMessage): boolean {
  return channel === 'shell' && header.msg_type === 'execute_request';
}

const failed = (error: unknown) => ({ status: 'error', ename: 'Refused', evalue: messageOf(error), traceback: [] });

/** What is known of a run's request when its own header is not at hand. */
function headerOf(run: RunView) {
  const { runId: msg_id, queuedAt: date } = run;
  return { msg_id, date, username: '', session: '', msg_type: 'execute_request', version: PROTOCOL_VERSION };
}
