/**
 * Completion by the kernel, as a CodeMirror source. Jupyter counts positions in Unicode code points, CodeMirror in
 * UTF-16 units; both conversions happen here.
 */
import type { Completion, CompletionContext, CompletionResult, CompletionSource } from '@codemirror/autocomplete';
import { askKernel, type Room } from '@cokernel/core';
import { z } from 'zod';
import { hideBusyTip, showBusyTip } from './busy-tip.js';

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

/**
 * Asks the kernel of the room. Without a kernel, or when it does not answer, nothing is offered. While the kernel is busy
 * a word beside the cursor says so; the list comes when it is free, if the text is still the same.
 */
export function kernelCompletion(room: Room): CompletionSource {
  return async (context: CompletionContext) => {
    const { view } = context;
    if (room.state.kernel === null || view === undefined) return null;
    const code = context.state.doc.toString();
    const cursorPos = codePoints(code.slice(0, context.pos));
    const onBusy = (): void => {
      if (!context.aborted && view.state.doc.eq(context.state.doc)) showBusyTip(view, context.pos);
    };
    try {
      const answer = await askKernel(room, 'complete', { code, cursorPos }, { onBusy });
      hideBusyTip(view);
      return view.state.doc.eq(context.state.doc) ? completionResult(code, answer) : null;
    } catch (reason) {
      hideBusyTip(view);
      console.warn('No completions:', reason);
      return null;
    }
  };
}
