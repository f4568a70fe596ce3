/**
 * Asks the kernel of a room something beside its runs: completion, inspection, whether code is complete, variables. A
 * kernel that is busy says so at once and answers when it is free; both are one promise here.
 */
import type { CallParams, CallResult } from '@cokernel/proto/hub';
import { KernelBusy } from '@cokernel/proto/hub';
import { CallError } from './hub-error.js';
import type { Room } from './room.js';

export type KernelQuestionName = 'complete' | 'inspect' | 'isComplete' | 'variables';

type ReplyContent = Readonly<Record<string, unknown>>;

export interface AskKernel {
  /** Called once when the answer comes only after what runs now. */
  readonly onBusy?: () => void;
}

/**
 * Resolves with the content of the reply; its `status` is `aborted` when the kernel ended first or a newer question of
 * this kind took the place of this one. Rejects with CallError.
 */
export async function askKernel<N extends KernelQuestionName>(
  room: Room,
  name: N,
  params: CallParams<N>,
  { onBusy }: AskKernel = {},
): Promise<ReplyContent> {
  const later = new LaterAnswers(room);
  try {
    const answer: CallResult<KernelQuestionName> = await room.call(name, params);
    const busy = KernelBusy.safeParse(answer);
    if (!busy.success) return { ...answer };
    onBusy?.();
    return await later.to(busy.data.questionId);
  } finally {
    later.stop();
  }
}

/** Listens from before the question is asked: an answer may come right behind the word that it comes later. */
class LaterAnswers {
  readonly #known = new Map<string, ReplyContent>();
  readonly #stops: (() => void)[];
  #wake: () => void = () => undefined;
  #lost = false;

  constructor(room: Room) {
    this.#stops = [
      room.onEvent((event) => {
        if (event.event !== 'kernelAnswered') return;
        this.#known.set(event.questionId, event.content);
        this.#wake();
      }),
      room.subscribe(() => {
        if (room.state.connection === 'connected') return;
        this.#lost = true;
        this.#wake();
      }),
    ];
  }

  /** Rejects when the connection is lost first: another socket is not told. */
  async to(questionId: string): Promise<ReplyContent> {
    for (;;) {
      const content = this.#known.get(questionId);
      if (content !== undefined) return content;
      if (this.#lost) throw new CallError('disconnected', 'the connection was lost before the kernel answered');
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  stop(): void {
    for (const stop of this.#stops) stop();
  }
}
