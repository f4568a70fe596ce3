/**
 * The questions of runs (`input()`): shown after the output before them, answered once, and kept in the output as in a
 * terminal; a password never is (J18).
 */
import type { KernelMessage, MessageHeader, Sender } from '@cokernel/proto/jupyter';
import { inputReply } from '@cokernel/proto/jupyter';
import type { PromptView, RunId } from '@cokernel/proto/hub';
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
}

export class RunPrompts {
  constructor(private readonly options: RunPromptsOptions) {}

  /** After the output before it, so that nobody is asked about what they can't see yet. */
  async show(prompt: PromptView): Promise<void> {
    const { liveRuns, audience, current, transcriptPrompted } = this.options;
    await liveRuns.drained(prompt.runId);
    if (current() !== prompt) return;
    if (prompt.cellId === null) await transcriptPrompted(prompt.runId, prompt.text, prompt.password);
    else audience.promptChanged(prompt);
  }

  /** The answer itself is never logged. */
  async answer(prompt: PromptView, request: MessageHeader, value: string): Promise<void> {
    const { send, sender, liveRuns } = this.options;
    // First to the kernel: an answer that is stored and was not sent would leave the kernel waiting for ever.
    const sent = send(inputReply(sender(), request, value));
    const shown = `${prompt.text}${prompt.password ? '········' : value.replace('\u0004', '')}\n`;
    await Promise.all([sent, liveRuns.answered(prompt.runId, prompt.promptId, shown)]);
  }
}
