/**
 * Completion by the kernel, as a CodeMirror source. Jupyter counts positions in Unicode code points, CodeMirror in
 * UTF-16 units; both conversions happen here.
 */
import type { Completion, CompletionContext, CompletionResult, CompletionSource } from '@codemirror/autocomplete';
import type { Room } from '@cokernel/core';
import { z } from 'zod';

const CompleteReply = z.object({
  matches: z.array(z.string()),
  cursor_start: z.number().int().nonnegative(),
  cursor_end: z.number().int().nonnegative(),
  metadata: z
    .object({
      _jupyter_types_experimental: z.array(z.object({ text: z.string(), type: z.string().optional() })).optional(),
    })
    .optional(),
});

const codePoints = (text: string): number => Array.from(text).length;

/** The UTF-16 offset of a position that is counted in code points. */
function unitsAt(text: string, position: number): number {
  return Array.from(text).slice(0, position).join('').length;
}

/** Reads a complete_reply's content for the code it was asked about; null when there is nothing to offer. */
export function completionResult(code: string, content: unknown): CompletionResult | null {
  const reply = CompleteReply.safeParse(content);
  if (!reply.success || reply.data.matches.length === 0) return null;
  const types = new Map(reply.data.metadata?._jupyter_types_experimental?.map((item) => [item.text, item.type]));
  const options = reply.data.matches.map((label): Completion => {
    const type = types.get(label);
    return type === undefined ? { label } : { label, type };
  });
  const from = unitsAt(code, reply.data.cursor_start);
  const to = unitsAt(code, reply.data.cursor_end);
  return { from, to, options, filter: true };
}

/** Asks the kernel of the room. Without a kernel, or when it does not answer, nothing is offered. */
export function kernelCompletion(room: Room): CompletionSource {
  return async (context: CompletionContext) => {
    if (room.state.kernel === null) return null;
    const code = context.state.doc.toString();
    const cursorPos = codePoints(code.slice(0, context.pos));
    try {
      return completionResult(code, await room.call('complete', { code, cursorPos }));
    } catch (reason) {
      console.warn('No completions:', reason);
      return null;
    }
  };
}
