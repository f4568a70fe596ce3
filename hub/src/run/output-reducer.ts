/**
 * Pure: turns the messages in which a kernel tells one run's output, and its reply's payloads, into edits (J15, J16, J17, C6).
 * The state is small, bounded and JSON, so that it can be stored with the edits and another hub can go on from it. A
 * message of the wrong shape never throws: a line on stderr says what came.
 */
import type { KernelMessage } from '@cokernel/proto/jupyter';
import { toJsonObject, type JsonObject, type Output, type OutputEdit, type StreamName } from '@cokernel/proto/notebook';
import { z } from 'zod';
import type { Payload } from './payloads.js';
import { readPayloads } from './payloads.js';
import { EMPTY_TERMINAL_TEXT, TerminalText, writeToTerminal } from './terminal-text.js';

export { mergeEdits } from './merge-edits.js';

/** A stream output that text of its name still goes to. */
const OpenStream = z.object({
  name: z.enum(['stdout', 'stderr']),
  /** Of the output, as OutputEdit means it. */
  index: z.number(),
  text: TerminalText,
});

export const ReducerState = z.object({
  /** Outputs appended since the last clear. */
  appended: z.number(),
  /** `clear_output(wait=true)` came: the next output clears first (J16). */
  clearPending: z.boolean(),
  /** Only streams behind which nothing else was appended; at most one a name. */
  openStreams: z.array(OpenStream).readonly(),
});
export type ReducerState = Readonly<z.infer<typeof ReducerState>>;

export interface Reduction {
  readonly state: ReducerState;
  readonly edits: readonly OutputEdit[];
}

export const emptyReducerState: ReducerState = { appended: 0, clearPending: false, openStreams: [] };

/** Messages that are no output change nothing. */
export function reduceOutput(state: ReducerState, message: KernelMessage): Reduction {
  const { content } = message;
  switch (message.header.msg_type) {
    case 'stream':
      return reduceStream(state, content);
    case 'display_data':
    case 'execute_result':
      return reduceDisplay(state, message.header.msg_type, content);
    case 'update_display_data':
      return reduceUpdate(state, content);
    case 'error':
      return reduceError(state, content);
    case 'clear_output':
      return content['wait'] === true ? { state: { ...state, clearPending: true }, edits: [] } : cleared();
    case 'execute_reply':
      return reducePayloads(state, content);
    default:
      return { state, edits: [] };
  }
}

/** What the kernel asks of a front end comes last, behind all output (J15). */
function reducePayloads(state: ReducerState, content: KernelMessage['content']): Reduction {
  return readPayloads(content).reduce<Reduction>(
    (before, payload) => {
      const { state: next, edits } = reducePayload(before.state, payload);
      return { state: next, edits: [...before.edits, ...edits] };
    },
    { state, edits: [] },
  );
}

function reducePayload(state: ReducerState, payload: Payload): Reduction {
  switch (payload.type) {
    case 'nextInput':
      return { state, edits: [payload] };
    case 'page':
      return append(state, { output_type: 'display_data', data: payload.data, metadata: {} }, null);
    case 'editFile': {
      const line = writeStream(state, 'stdout', `edit: ${payload.file}, line ${String(payload.line)}\n`);
      return { state: line.state, edits: [...line.edits, payload] };
    }
    case 'exit':
      return { state, edits: [] };
  }
}

function cleared(): Reduction {
  return { state: emptyReducerState, edits: [{ type: 'clear' }] };
}

/** What a pending clear does now that an output comes. */
function beforeOutput(state: ReducerState): Reduction {
  return state.clearPending ? cleared() : { state, edits: [] };
}

function reduceStream(state: ReducerState, content: KernelMessage['content']): Reduction {
  const { name, text } = content;
  if (typeof text !== 'string') {
    return malformed(state, 'stream message without text');
  }
  return text === '' ? { state, edits: [] } : writeStream(state, name === 'stderr' ? 'stderr' : 'stdout', text);
}

/** Text as if the kernel had written it to that stream. */
export function writeStream(state: ReducerState, name: StreamName, chunk: string): Reduction {
  const { state: before, edits } = beforeOutput(state);
  const open = before.openStreams.find((stream) => stream.name === name);
  const { state: text, change } = writeToTerminal(open?.text ?? EMPTY_TERMINAL_TEXT, chunk);
  if (open === undefined) {
    const output: Output = { output_type: 'stream', name, text: change?.text ?? '' };
    const openStreams = [...before.openStreams, { name, index: before.appended, text }];
    return {
      state: { ...before, appended: before.appended + 1, openStreams },
      edits: [...edits, { type: 'append', output }],
    };
  }
  const openStreams = before.openStreams.map((stream) => (stream === open ? { ...open, text } : stream));
  const replace: readonly OutputEdit[] = change === null ? [] : [{ type: 'replaceText', index: open.index, ...change }];
  return { state: { ...before, openStreams }, edits: [...edits, ...replace] };
}

/** A word of the hub at its place: what the kernel writes after it does not go on before it. */
export function writeNotice(state: ReducerState, text: string): Reduction {
  return append(state, { output_type: 'stream', name: 'stderr', text }, null);
}

function reduceDisplay(
  state: ReducerState,
  type: 'display_data' | 'execute_result',
  content: KernelMessage['content'],
): Reduction {
  if (!isObject(content['data'])) {
    return malformed(state, `${type} message without data`);
  }
  const bundle = bundleOf(content);
  if (type === 'display_data') {
    return append(state, { output_type: type, ...bundle }, displayIdOf(content));
  }
  const count = content['execution_count'];
  const execution_count = typeof count === 'number' && Number.isSafeInteger(count) ? count : null;
  return append(state, { output_type: type, ...bundle, execution_count }, displayIdOf(content));
}

function reduceUpdate(state: ReducerState, content: KernelMessage['content']): Reduction {
  const displayId = displayIdOf(content);
  if (displayId === null || !isObject(content['data'])) {
    return malformed(state, 'update_display_data message without display_id or data');
  }
  return { state, edits: [{ type: 'updateDisplay', displayId, ...bundleOf(content) }] };
}

function reduceError(state: ReducerState, content: KernelMessage['content']): Reduction {
  const { ename, evalue, traceback } = content;
  if (typeof ename !== 'string' && typeof evalue !== 'string' && !Array.isArray(traceback)) {
    return malformed(state, 'error message without name, value and traceback');
  }
  const lines = Array.isArray(traceback) ? traceback.filter((line: unknown) => typeof line === 'string') : [];
  return append(state, { output_type: 'error', ename: textOf(ename), evalue: textOf(evalue), traceback: lines }, null);
}

/** What stands behind another output gets no more text. */
function append(state: ReducerState, output: Output, displayId: string | null): Reduction {
  const { state: before, edits } = beforeOutput(state);
  return {
    state: { ...before, appended: before.appended + 1, openStreams: [] },
    edits: [...edits, { type: 'append', output, ...(displayId === null ? {} : { displayId }) }],
  };
}

function malformed(state: ReducerState, what: string): Reduction {
  return writeStream(state, 'stderr', `[the kernel sent a malformed ${what}; it is not shown]\n`);
}

function bundleOf(content: KernelMessage['content']): { readonly data: JsonObject; readonly metadata: JsonObject } {
  return { data: toJsonObject(content['data']), metadata: toJsonObject(content['metadata']) };
}

function displayIdOf(content: KernelMessage['content']): string | null {
  const displayId = toJsonObject(content['transient'])['display_id'];
  return typeof displayId === 'string' ? displayId : null;
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

function isObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
