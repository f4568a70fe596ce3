/**
 * What the terminal asks the kernel while one types. Whether a text is whole is not waited for longer than a person would;
 * a completion may come later, when a kernel that is busy is free.
 */
import { askKernel } from '@cokernel/core';
import type { Room } from '@cokernel/core';
import { z } from 'zod';

/** After Enter a person waits for the next line. */
const COMPLETENESS_PATIENCE_MS = 1_500;

const IsCompleteReply = z.object({ status: z.string(), indent: z.string().optional() });

export type Completeness = 'complete' | 'unknown' | { readonly indent: string };

export class KernelQuestions {
  constructor(private readonly room: Room) {}

  async isComplete(code: string): Promise<Completeness> {
    const reply = IsCompleteReply.safeParse(await this.#atOnce(code));
    if (!reply.success) return 'unknown';
    switch (reply.data.status) {
      case 'incomplete':
        return { indent: reply.data.indent ?? '' };
      case 'complete':
      case 'invalid':
        return 'complete';
      default:
        return 'unknown';
    }
  }

  /** The content of complete_reply; null when the kernel can't be asked. `onBusy`: it comes when the kernel is free. */
  async complete(code: string, cursorPos: number, onBusy: () => void): Promise<unknown> {
    if (!this.#canAsk()) return null;
    return askKernel(this.room, 'complete', { code, cursorPos }, { onBusy }).catch(() => null);
  }

  #canAsk(): boolean {
    const { connection, kernel } = this.room.state;
    return connection === 'connected' && kernel !== null;
  }

  /** Null when the kernel can't say, is busy, or takes too long: the same as a refusal. */
  async #atOnce(code: string): Promise<unknown> {
    if (!this.#canAsk()) return null;
    let timer: NodeJS.Timeout | undefined;
    const noAnswer = new Promise<null>((resolve) => {
      timer = setTimeout(() => resolve(null), COMPLETENESS_PATIENCE_MS);
    });
    try {
      return await Promise.race([this.room.call('isComplete', { code }).catch(() => null), noAnswer]);
    } finally {
      clearTimeout(timer);
    }
  }
}
