/**
 * Pure: what a kernel asks of a front end by the payloads of its execute_reply (J15). The hub does it in the front ends'
 * place, so that it is done once and for everybody. A payload of another kind or form is left out.
 */
import { isRecord } from '@cokernel/proto/jupyter';
import type { JsonObject } from '@cokernel/proto/notebook';
import { toJsonObject } from '@cokernel/proto/notebook';

export type Payload =
  | { readonly type: 'nextInput'; readonly text: string; readonly replace: boolean }
  | { readonly type: 'page'; readonly data: JsonObject }
  | { readonly type: 'editFile'; readonly file: string; readonly line: number }
  | { readonly type: 'exit'; readonly keepKernel: boolean };

/** From the content of an execute_reply. */
export function readPayloads(content: Readonly<Record<string, unknown>>): readonly Payload[] {
  const { payload } = content;
  return Array.isArray(payload) ? payload.flatMap((one: unknown) => (isRecord(one) ? readPayload(one) : [])) : [];
}

/** Whether the kernel ends, as `exit` in a cell wants it. */
export function asksExit(content: Readonly<Record<string, unknown>>): boolean {
  return readPayloads(content).some((payload) => payload.type === 'exit' && !payload.keepKernel);
}

function readPayload(payload: Readonly<Record<string, unknown>>): readonly Payload[] {
  const { source, text, data, filename, line_number: line } = payload;
  switch (source) {
    case 'set_next_input':
      return typeof text === 'string' ? [{ type: 'nextInput', text, replace: payload['replace'] === true }] : [];
    case 'page':
      // Before protocol 5 a page was a text.
      if (isRecord(data)) return [{ type: 'page', data: toJsonObject(data) }];
      return typeof text === 'string' ? [{ type: 'page', data: { 'text/plain': text } }] : [];
    case 'edit_magic':
      return typeof filename === 'string'
        ? [{ type: 'editFile', file: filename, line: typeof line === 'number' ? line : 1 }]
        : [];
    case 'ask_exit':
      return [{ type: 'exit', keepKernel: payload['keepkernel'] === true }];
    default:
      return [];
  }
}
