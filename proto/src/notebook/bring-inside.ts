/**
 * Pure: an output as its file has it. What the document has outside is whole again; what is too large even for a file, or
 * gone, has its ends and a line that says by which hash it is kept. No file has our MIME type or a reference to a text.
 */
import type { JsonValue } from './json.js';
import { isLeftOutOfDisplay, leftOutOfText, leftOutText, withLeftOut } from './left-out.js';
import type { DisplayDataOutput, ErrorOutput, ExecuteResultOutput, Output, StreamOutput } from './nbformat.js';
import { readNotebook } from './read-notebook.js';
import { STORED_MIME, storedBundle, type StoredBundle, type StoredText } from './stored-output.js';

/** `whole`: all of its text, null when it is not to be had. One that stands for several outputs becomes these. */
export function textInFile(output: StreamOutput | ErrorOutput, whole: string | null): readonly Output[] {
  const { stored, ...rest } = output;
  if (stored === undefined) return [output];
  if (stored.outputs !== undefined && whole !== null) return outputsOf(whole);
  if (rest.output_type === 'stream') return [{ ...rest, text: whole ?? marked(rest.text, stored) }];
  const traceback = (whole ?? marked(rest.traceback.join('\n'), stored)).split('\n');
  return [{ ...rest, traceback }];
}

function marked(text: string, stored: StoredText): string {
  const { from, to } = stored.gap;
  const gap = text.slice(from, to);
  const before = gap.startsWith('\n') ? '\n' : '';
  const after = gap.endsWith('\n') ? '\n' : '';
  return `${text.slice(0, from)}${before}${leftOutOfText(stored)}${after}${text.slice(to)}`;
}

/** One a line; what one stream wrote may be in several. */
function outputsOf(lines: string): readonly Output[] {
  const outputs: Output[] = [];
  for (const output of readOutputs(lines.split('\n').filter((line) => line !== ''))) {
    const last = outputs.at(-1);
    if (last?.output_type === 'stream' && output.output_type === 'stream' && last.name === output.name) {
      outputs[outputs.length - 1] = { ...last, text: last.text + output.text };
    } else outputs.push(output);
  }
  return outputs;
}

function readOutputs(lines: readonly string[]): readonly Output[] {
  const cell = `{"cell_type":"code","id":"a","source":"","metadata":{},"outputs":[${lines.join(',')}]}`;
  const [read] = readNotebook(`{"nbformat":4,"nbformat_minor":5,"metadata":{},"cells":[${cell}]}`).notebook.cells;
  return read?.cell_type === 'code' ? read.outputs : [];
}

/** `contents`: what is to be had of what the document names as stored, by MIME type. */
export function displayInFile<T extends DisplayDataOutput | ExecuteResultOutput>(
  output: T,
  contents: ReadonlyMap<string, JsonValue>,
): T {
  const stored = storedBundle(output.data);
  if (stored === null) return output;
  const missing = Object.fromEntries(Object.entries(stored).filter(([mime]) => !contents.has(mime)));
  const { [STORED_MIME]: _stored, 'text/plain': text, ...others } = output.data;
  const isStandIn = 'text/plain' in stored || isLeftOutOfDisplay(text);
  const data = {
    ...others,
    ...(isStandIn || text === undefined ? {} : { 'text/plain': text }),
    ...Object.fromEntries(contents),
  };
  const line =
    'text/plain' in data || Object.keys(missing).length === 0 ? {} : { 'text/plain': lineFor(missing, text) };
  return { ...output, data: { ...data, ...line }, metadata: withLeftOut(output.metadata, missing) };
}

/** What the document shows in the text's place has the ends of it. */
function lineFor(missing: StoredBundle, shown: JsonValue | undefined): JsonValue {
  return 'text/plain' in missing && shown !== undefined ? shown : leftOutText(missing);
}
