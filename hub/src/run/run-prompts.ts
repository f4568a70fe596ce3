/**
 * The questions of runs (`input()`): shown after the output before them, answered once, and kept in the output as in a
 * terminal; a password never is (J18). An answer that is given while the kernel is out of reach waits until it is back; one
 * that went lost on its way is asked for again.
 */
import type { KernelMessage, MessageHeader, Sender } from '@cokernel/proto/jupyter';
import { inputReply } from '@cokernel/proto/jupyter';
import type { PromptView, RunId } from '@cokernel/proto/hub';
import { Refusal, messageOf } from '../errors.js';
import type { KernelSessionState, SessionEvent } from './kernel-session-model.js';
import type { LiveRuns } from './live-runs.js';
import type { SessionAudience } from './session-audience.js';

export interface RunPromptsOptions {
  readonly liveRuns: LiveRuns;
  readonly audience: SessionAudience;
  /** The question that waits now. */
  readonly current: () => PromptView | null;
  /** Told of a question of a run without a cell. */
  readonly transcriptPrompted: (runId: RunId, text: string, password: boolean) => Promise<void>;
  readonly send: (message: KernelMessage) => Promise<void>;
  readonly sender: () => Sender;
  readonly state: () => KernelSessionState;
  readonly handle: (event: SessionEvent) => void;
}

const NOT_TAKEN = '⋯ the kernel may not have got this answer: it is asked again ⋯\n';

export class RunPrompts {
  /** They wait for the kernel to be in reach. */
  private waiting: (() => void)[] = [];

  constructor(private readonly options: RunPromptsOptions) {}

  /** The kernel is in reach again, or gone. */
  statusChanged(): void {
    if (this.isOutOfReach) return;
    for (const goOn of this.waiting.splice(0)) goOn();
  }

  /** After the output before it, so that nobody is asked about what they can't see yet. */
  async show(prompt: PromptView): Promise<void> {
    const { liveRuns, audience, current, transcriptPrompted } = this.options;
    await liveRuns.drained(prompt.runId);
    if (current() !== prompt) return;
    if (prompt.cellId === null) await transcriptPrompted(prompt.runId, prompt.text, prompt.password);
    else audience.promptChanged(prompt);
  }

  /**
   * False when the run ended before the kernel could be told. Throws `Refusal` (unavailable) when nobody knows whether the
   * kernel got it: then it is asked again. The answer itself is never logged.
   */
  async answer(prompt: PromptView, request: MessageHeader, value: string): Promise<boolean> {
    const { send, sender, liveRuns, state, handle } = this.options;
    if (this.isOutOfReach) await new Promise<void>((goOn) => this.waiting.push(goOn));
    if (state().current?.run.view.runId !== prompt.runId) return false;
    const shown = `${prompt.text}${prompt.password ? '········' : value.replace('\u0004', '')}\n`;
    // First to the kernel: an answer that is stored and was not sent would leave the kernel waiting for ever.
    const [sent, stored] = await Promise.allSettled([
      send(inputReply(sender(), request, value)),
      liveRuns.answered(prompt.runId, prompt.promptId, shown),
    ]);
    if (sent.status === 'rejected') {
      await liveRuns.unanswered(prompt.runId, NOT_TAKEN);
      handle({ type: 'answerNotTaken', prompt, request });
      const why = messageOf(sent.reason);
      throw new Refusal('unavailable', `the kernel may not have got this answer (${why}): it is asked again`);
    }
    if (stored.status === 'rejected') throw stored.reason;
    return true;
  }

  private get isOutOfReach(): boolean {
    return this.options.state().kernel.phase === 'reconnecting';
  }
}
