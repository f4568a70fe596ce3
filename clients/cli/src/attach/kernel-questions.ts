/**
 * What the terminal asks the kernel while one types. A kernel that is busy answers only after its cell, so it is asked only
 * when it is idle, and not waited for longer than a person would.
 */
import type { Room } from '@cokernel/core';
import { z } from 'zod';

/** After Enter a person waits for the next line. */
const COMPLETENESS_PATIENCE_MS = 1_500;
/** After Tab they may go on typing; a kernel's first completion takes seconds on a small machine. */
const COMPLETION_PATIENCE_MS = 10_000;

const IsCompleteReply = z.object({ status: z.string(), indent: z.string().optional() });

export type Completeness = 'complete' | 'unknown' | { readonly indent: string };

export class KernelQuestions {
  constructor(private readonly room: Room) {}

  async isComplete(code: string): Promise<Completeness> {
    const reply = IsCompleteReply.safeParse(
      await this.#ask(() => this.room.call('isComplete', { code }), COMPLETENESS_PATIENCE_MS),
    );
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

  /** The content of complete_reply; null when the kernel can't be asked. */
  complete(code: string, cursorPos: number): Promise<unknown> {
    return this.#ask(() => this.room.call('complete', { code, cursorPos }), COMPLETION_PATIENCE_MS);
  }

  async #ask<T>(question: () => Promise<T>, patienceMs: number): Promise<T | null> {
    const { connection, kernel } = this.room.state;
    if (connection !== 'connected' || kernel?.status !== 'idle') return null;
    let timer: NodeJS.Timeout | undefined;
    const patience = new Promise<null>((resolve) => {
      timer = setTimeout(() => resolve(null), patienceMs);
    });
    try {
      // A refusal means the same as silence: the kernel can't say.
      return await Promise.race([question().catch(() => null), patience]);
    } finally {
      clearTimeout(timer);
    }
  }
}
