/**
 * The lines of a transcript: what a run without a cell produced, in the order in which it happened. The hub
 * keeps them under the run's id and sends them as NDJSON, one entry a line
 * (`GET /api/hub/runs/<runId>/transcript`).
 */
import { z } from 'zod';
import { toJsonObject } from '../notebook/json.js';
import { StoredText } from '../notebook/stored-output.js';

const JsonData = z.record(z.string(), z.unknown()).transform((value) => toJsonObject(value));

/** An nbformat output, with multi-line strings joined. */
const TranscriptOutput = z.discriminatedUnion('output_type', [
  z.object({ output_type: z.literal('stream'), name: z.string(), text: z.string() }),
  z.object({ output_type: z.literal('display_data'), data: JsonData, metadata: JsonData }),
  z.object({
    output_type: z.literal('execute_result'),
    execution_count: z.number().int().nullable(),
    data: JsonData,
    metadata: JsonData,
  }),
  z.object({
    output_type: z.literal('error'),
    ename: z.string(),
    evalue: z.string(),
    traceback: z.array(z.string()).readonly(),
    /** The traceback is not whole: where it is. */
    stored: StoredText.exactOptional(),
  }),
]);

export const TranscriptEntry = z.discriminatedUnion('type', [
  z.object({ type: z.literal('output'), output: TranscriptOutput }),
  /** More text for the last stream output of that name. */
  z.object({ type: z.literal('streamText'), name: z.string(), text: z.string() }),
  /**
   * Of the output of that place (0: the first since the last clear), a stream: behind `stored.gap.from` (UTF-16) its text is
   * `text` now, which is not all of it. All of it is kept under the run's id as the notebook's.
   */
  z.object({
    type: z.literal('storedText'),
    index: z.number().int().nonnegative(),
    text: z.string(),
    stored: StoredText,
  }),
  z.object({ type: z.literal('clear') }),
  z.object({ type: z.literal('updateDisplay'), displayId: z.string(), data: JsonData, metadata: JsonData }),
  /** The kernel offers this as the next input; `replace`: in place of what ran. */
  z.object({ type: z.literal('nextInput'), text: z.string(), replace: z.boolean() }),
  /** The kernel asks for an editor at this place; a line of the output says so too. */
  z.object({ type: z.literal('editFile'), file: z.string(), line: z.number().int() }),
  z.object({ type: z.literal('prompt'), text: z.string(), password: z.boolean() }),
  /** The last line. */
  z.object({
    type: z.literal('finished'),
    state: z.enum(['succeeded', 'failed', 'cancelled', 'lost']),
    executionCount: z.number().int().nullable(),
    reason: z.string().nullable(),
  }),
]);
export type TranscriptEntry = z.infer<typeof TranscriptEntry>;
