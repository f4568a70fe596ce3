/** Pure: makes the four kinds of output (C2). */
import type { JsonObject } from './json.js';
import type {
  DisplayDataOutput,
  ErrorOutput,
  ExecuteResultOutput,
  MimeBundle,
  StreamName,
  StreamOutput,
} from './nbformat.js';

export function makeStream(name: StreamName, text = ''): StreamOutput {
  return { output_type: 'stream', name, text };
}

export function makeDisplayData(data: MimeBundle, metadata: JsonObject = {}): DisplayDataOutput {
  return { output_type: 'display_data', data, metadata };
}

/** `count`: that of the run whose result it is. */
export function makeExecuteResult(
  data: MimeBundle,
  count: number | null,
  metadata: JsonObject = {},
): ExecuteResultOutput {
  return { output_type: 'execute_result', data, metadata, execution_count: count };
}

/** `traceback`: its lines, with their colours. */
export function makeError(ename: string, evalue: string, traceback: readonly string[] = []): ErrorOutput {
  return { output_type: 'error', ename, evalue, traceback };
}
