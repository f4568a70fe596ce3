/** The kernel's questions, as far as this terminal answers them: those to me, and those that I took over. */
import type { Room } from '@cokernel/core';
import type { CallParams, PromptView } from '@cokernel/proto/hub';
import { safeText } from '../text/terminal-text.js';
import type { PrivateRun } from './private-run.js';
import type { InputMode } from './surface.js';

type Question =
  | { readonly by: 'room'; readonly prompt: PromptView }
  | { readonly by: 'transcript'; readonly run: PrivateRun; readonly text: string; readonly password: boolean };

export interface AnswersListener {
  say(text: string): void;
  /** Another question, or none. */
  changed(): void;
}

export class Answers {
  #question: Question | null = null;

  constructor(
    private readonly room: Room,
    private readonly listener: AnswersListener,
  ) {}

  get isAsked(): boolean {
    return this.#question !== null;
  }

  /** What the input is for while a question waits: its last line; the lines before are said when it comes. */
  mode(): InputMode | null {
    if (this.#question === null) return null;
    const text = questionText(this.#question);
    return { kind: 'answer', question: text.slice(text.lastIndexOf('\n') + 1), password: isPassword(this.#question) };
  }

  ask(prompt: PromptView): void {
    this.#set({ by: 'room', prompt });
  }

  /** The room may have asked the same; one question is enough. */
  askPrivately(run: PrivateRun, text: string, password: boolean): void {
    if (this.#question === null) this.#set({ by: 'transcript', run, text, password });
  }

  /** The question was answered by somebody else, or its run is over. */
  dropUnless(promptId: string | undefined): void {
    if (this.#question?.by === 'room' && this.#question.prompt.promptId !== promptId) this.#set(null);
  }

  dropPrivate(): void {
    if (this.#question?.by === 'transcript') this.#set(null);
  }

  giveUp(): void {
    this.#set(null);
  }

  async answer(text: string): Promise<void> {
    const question = this.#question;
    this.#set(null);
    if (question?.by === 'transcript') await question.run.answer(text);
    if (question?.by === 'room') await this.reply({ promptId: question.prompt.promptId, value: text });
  }

  /** Ctrl-D: the kernel reads the end of its input. */
  async endOfFile(): Promise<void> {
    const question = this.#question;
    this.#set(null);
    if (question?.by === 'transcript') await question.run.answer('\u0004');
    if (question?.by !== 'room') return;
    await this.reply({ promptId: question.prompt.promptId, value: '', endOfFile: true });
  }

  async reply(params: CallParams<'inputReply'>): Promise<void> {
    const { accepted } = await this.room.call('inputReply', params);
    if (!accepted) this.listener.say('somebody else has answered already');
  }

  #set(question: Question | null): void {
    this.#question = question;
    const text = question === null ? '' : questionText(question);
    const end = text.lastIndexOf('\n');
    if (end > 0) this.listener.say(text.slice(0, end));
    this.listener.changed();
  }
}

function questionText(question: Question): string {
  return safeText(question.by === 'room' ? question.prompt.text : question.text);
}

function isPassword(question: Question): boolean {
  return question.by === 'room' ? question.prompt.password : question.password;
}
