/**
 * Questions to a kernel, answered without waiting for the run that is going on: beside it where the kernel has subshells;
 * else between two runs, and who asked is told at once that the kernel is busy.
 *
 * It guarantees: each question is answered once, at once or later; of one asker and kind only the newest waits; what
 * waits is sent before the next run is.
 */
import type { KernelMessage, Sender } from '@cokernel/proto/jupyter';
import type { KernelBusy } from '@cokernel/proto/hub';
import { QuestionId } from '@cokernel/proto/hub';
import type { KernelQuestion, ReplyContent } from './kernel-question.js';
import { answerOf, requestOf } from './kernel-question.js';
import { KernelRequests } from './kernel-requests.js';
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
  /** Longer than a person waits for a completion (10,000). */
  readonly timeoutMs: number;
}

interface Held {
  readonly questionId: QuestionId;
  readonly question: KernelQuestion;
  readonly asker: Asker;
}

const ABORTED: ReplyContent = { status: 'aborted' };

export class KernelQuestions {
  private readonly requests: KernelRequests;
  private readonly subshell: Subshell;
  /** By asker and kind. */
  private readonly held = new Map<string, Held>();

  constructor(private readonly options: KernelQuestionsOptions) {
    this.requests = new KernelRequests(options.timeoutMs);
    this.subshell = new Subshell({
      sender: options.sender,
      ask: (request) => this.requests.ask(request, options.send),
    });
  }

  /** The answer, or that it comes later. Throws `Refusal` (kernelBusy, kernelGone). */
  async ask(question: KernelQuestion, asker: Asker): Promise<ReplyContent | KernelBusy> {
    const beside = await this.askBeside(question);
    if (beside !== null) return beside;
    return this.options.isFree() ? this.askPlainly(question) : this.hold(question, asker);
  }

  /** Sends what waits. To be called before the next run is sent. */
  kernelBecameFree(): void {
    const waiting = [...this.held.values()];
    this.held.clear();
    for (const { question, questionId, asker } of waiting) {
      this.askPlainly(question).then(
        (content) => asker.answerLater(questionId, content),
        () => asker.answerLater(questionId, ABORTED),
      );
    }
  }

  /** Takes a reply of the kernel; one that nobody waits for is dropped. */
  answer(message: KernelMessage): void {
    this.subshell.observe(message);
    this.requests.answer(message);
  }

  /** The kernel is gone: nothing is answered any more, and a new one has no subshell. */
  failAll(reason: string): void {
    this.subshell.forget();
    this.requests.failAll(reason);
    for (const { asker, questionId } of this.held.values()) asker.answerLater(questionId, ABORTED);
    this.held.clear();
  }

  /** Nobody waits for these answers any more. */
  dropOf(askerId: string): void {
    for (const [key, { asker }] of this.held) if (asker.id === askerId) this.held.delete(key);
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

  private async send(question: KernelQuestion, subshellId: string | null): Promise<ReplyContent> {
    const request = requestOf(question, this.options.sender(), subshellId);
    return answerOf(question, await this.requests.ask(request, this.options.send));
  }

  private hold(question: KernelQuestion, asker: Asker): KernelBusy {
    const key = `${question.kind} ${asker.id}`;
    const former = this.held.get(key);
    if (former !== undefined) former.asker.answerLater(former.questionId, ABORTED);
    const questionId = QuestionId.parse(this.options.newId());
    this.held.set(key, { questionId, question, asker });
    return { status: 'kernelBusy', questionId };
  }
}
