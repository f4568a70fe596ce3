/**
 * Questions to a kernel, answered without waiting for the run that is going on: beside it where the kernel has subshells;
 * else between two runs. Who asked is told that the kernel is busy, at once where it can't be asked, and soon where it is
 * slow to answer: ipykernel's first completion loads what it completes with.
 *
 * It guarantees: each question is answered once, soon or later; of one asker and kind only the newest is answered later;
 * what waits is sent before the next run is; what the kernel has done with and not answered is asked again.
 */
import type { KernelMessage, Sender } from '@cokernel/proto/jupyter';
import type { KernelBusy } from '@cokernel/proto/hub';
import { QuestionId } from '@cokernel/proto/hub';
import { endsWithin } from '../within.js';
import { EarlyLoading, earlyLoadingRequest } from './early-loading.js';
import type { KernelQuestion, ReplyContent } from './kernel-question.js';
import { answerOf, atSubshell, requestOf } from './kernel-question.js';
import { KernelRequests, Unanswered } from './kernel-requests.js';
import { Subshell, saysNoSuchSubshell } from './subshell.js';

/** One connection of somebody who asks. */
export interface Asker {
  readonly id: string;
  /** The answer to a question that found the kernel busy. */
  readonly answerLater: (questionId: QuestionId, content: ReplyContent) => void;
}

export interface KernelQuestionsOptions {
  readonly send: (message: KernelMessage) => Promise<void>;
  readonly sender: () => Sender;
  readonly newId: () => string;
  /** Whether the kernel would answer on its shell channel now. */
  readonly isFree: () => boolean;
  /** Whether the kernel is there and has subshells. */
  readonly hasSubshells: () => boolean;
  /** Whether the kernel is there and is IPython's. */
  readonly isIpython: () => boolean;
  /** Whether the code that runs may ask people. */
  readonly allowsStdin: () => boolean;
  /** After so long without an answer the asker is told that it comes later (150). */
  readonly soonMs: number;
  /** See `KernelRequests` (10,000). */
  readonly timeoutMs: number;
  /** See `KernelRequests` (1,000). */
  readonly graceMs: number;
  /** See `EarlyLoading` (300). */
  readonly quietMs: number;
}

/** A question whose asker was told that the answer comes later. */
interface Late {
  readonly questionId: QuestionId;
  readonly question: KernelQuestion;
  readonly asker: Asker;
  /** Null when the kernel is to be asked before its next run. */
  answer: Promise<ReplyContent | null> | null;
}

const ABORTED: ReplyContent = { status: 'aborted' };
/** One in a hundred stays unanswered while code enters and leaves `warnings.catch_warnings` all the time. */
const MOST_TRIES = 3;

export class KernelQuestions {
  private readonly requests: KernelRequests;
  private readonly subshell: Subshell;
  private readonly loading: EarlyLoading;
  /** By asker and kind. */
  private readonly late = new Map<string, Late>();

  constructor(private readonly options: KernelQuestionsOptions) {
    this.requests = new KernelRequests(options);
    this.subshell = new Subshell({
      sender: options.sender,
      ask: (request) => this.requests.ask(request, options.send),
    });
    this.loading = new EarlyLoading({ ask: () => this.loadEarly(), quietMs: options.quietMs });
  }

  /** The answer, or that it comes later. Throws `Refusal` (kernelBusy, kernelGone). */
  async ask(question: KernelQuestion, asker: Asker): Promise<ReplyContent | KernelBusy> {
    const answer = this.askNow(question);
    // After Enter a terminal waits for this answer alone: one that came later would be of no use to it.
    const isSoon = question.kind === 'isComplete' || (await endsWithin(answer, this.options.soonMs));
    const content = isSoon ? await answer : null;
    if (content !== null) return content;
    return this.answerLater({ question, asker, answer: isSoon ? null : answer });
  }

  /** People are there, who ask while they write. */
  expectPeople(): void {
    this.loading.want();
  }

  /** The kernel is free, busy or gone since now. */
  statusChanged(): void {
    this.loading.statusChanged();
  }

  /** Sends what waits. To be called before the next run is sent. */
  kernelBecameFree(): void {
    for (const late of this.late.values()) if (late.answer === null) this.follow(late, this.askPlainly(late.question));
  }

  /** Takes a reply of the kernel; one that nobody waits for is dropped. */
  answer(message: KernelMessage): void {
    this.subshell.observe(message);
    this.requests.answer(message);
  }

  /** The kernel is idle again after the hub's request of this id. */
  requestDone(requestId: string): void {
    this.requests.done(requestId);
  }

  /** The kernel is gone: nothing is answered any more, and a new one has no subshell. */
  failAll(reason: string): void {
    this.subshell.forget();
    this.loading.forget();
    this.requests.failAll(reason);
    for (const late of [...this.late.values()]) this.tell(late, ABORTED);
  }

  /** Nobody waits for these answers any more. */
  dropOf(askerId: string): void {
    for (const [key, { asker }] of this.late) if (asker.id === askerId) this.late.delete(key);
  }

  /** Null when the kernel can be asked only between two runs. */
  private async askNow(question: KernelQuestion): Promise<ReplyContent | null> {
    if (question.kind === 'complete') this.loading.hurry();
    const beside = await this.askBeside(question);
    if (beside !== null) return beside;
    return this.options.isFree() ? this.askPlainly(question) : null;
  }

  /** False when it can't be asked now. What it answers is of no interest. */
  private async loadEarly(): Promise<boolean> {
    const { isIpython, isFree, send, sender, allowsStdin } = this.options;
    if (!isIpython()) return false;
    const subshellId = await this.subshellId();
    if (subshellId === null && !isFree()) return false;
    const request = earlyLoadingRequest(sender(), { allowStdin: allowsStdin() });
    await this.requests.ask(atSubshell(request, subshellId), send);
    return true;
  }

  private async subshellId(): Promise<string | null> {
    return this.options.hasSubshells() ? this.subshell.id() : null;
  }

  /** By the subshell; null when the kernel has none. One that somebody has ended is made anew, once. */
  private async askBeside(question: KernelQuestion): Promise<ReplyContent | null> {
    for (let attempt = 0; attempt < 2; attempt += 1) {
      const subshellId = await this.subshellId();
      if (subshellId === null) return null;
      const content = await this.send(question, subshellId);
      if (!saysNoSuchSubshell(content)) return content;
      this.subshell.forget();
    }
    return null;
  }

  private askPlainly(question: KernelQuestion): Promise<ReplyContent> {
    return this.send(question, null);
  }

  private async send(question: KernelQuestion, subshellId: string | null, tries = 1): Promise<ReplyContent> {
    const { sender, allowsStdin, send } = this.options;
    const request = requestOf(question, sender(), { subshellId, allowStdin: allowsStdin() });
    try {
      return answerOf(question, await this.requests.ask(request, send));
    } catch (error) {
      if (!(error instanceof Unanswered) || tries === MOST_TRIES) throw error;
      return this.send(question, subshellId, tries + 1);
    }
  }

  private answerLater(asked: Pick<Late, 'question' | 'asker' | 'answer'>): KernelBusy {
    const late: Late = { ...asked, questionId: QuestionId.parse(this.options.newId()) };
    const former = this.late.get(keyOf(late));
    if (former !== undefined) this.tell(former, ABORTED);
    this.late.set(keyOf(late), late);
    if (late.answer !== null) this.follow(late, late.answer);
    return { status: 'kernelBusy', questionId: late.questionId };
  }

  private follow(late: Late, answer: Promise<ReplyContent | null>): void {
    late.answer = answer;
    answer.then(
      (content) => {
        if (content === null) late.answer = null;
        else this.tell(late, content);
      },
      () => this.tell(late, ABORTED),
    );
  }

  /** Once, and not to who has left or was told of a newer question. */
  private tell(late: Late, content: ReplyContent): void {
    if (this.late.get(keyOf(late)) !== late) return;
    this.late.delete(keyOf(late));
    late.asker.answerLater(late.questionId, content);
  }
}

const keyOf = ({ question, asker }: Late): string => `${question.kind} ${asker.id}`;
