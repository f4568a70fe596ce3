/**
 * Pure: an output as its file has it. What the document has outside is whole again; what is too large even for a file, or
 * gone, has its ends and a line that says by which hash it is kept. No file has our MIME type or a stream's reference.
 */
import { omit, type JsonValue } from './json.js';
import { isLeftOutOfDisplay, leftOutOfDisplay, leftOutOfStream, withLeftOut } from './left-out.js';
import type { DisplayDataOutput, ExecuteResultOutput, StreamOutput } from './nbformat.js';
import { STORED_MIME, storedBundle, type StoredText } from './stored-output.js';

/** `whole`: all its text, null when it is not to be had. */
export function streamInFile({ stored, ...output }: StreamOutput, whole: string | null): StreamOutput {
  if (stored === undefined) return output;
  return { ...output, text: whole ?? markedText(output.text, stored) };
}

function markedText(text: string, stored: StoredText): string {
  const { from, to } = stored.gap;
  const gap = text.slice(from, to);
  const before = gap.startsWith('\n') ? '\n' : '';
  const after = gap.endsWith('\n') ? '\n' : '';
  return `${text.slice(0, from)}${before}${leftOutOfStream(stored)}${after}${text.slice(to)}`;
}

/** `contents`: what is to be had of what the document names as stored, by MIME type. */
export function displayInFile<T extends DisplayDataOutput | ExecuteResultOutput>(
  output: T,
  contents: ReadonlyMap<string, JsonValue>,
): T {
  const stored = storedBundle(output.data);
  if (stored === null) return output;
  const missing = Object.fromEntries(Object.entries(stored).filter(([mime]) => !contents.has(mime)));
  const shown = omit(
    output.data,
    isLeftOutOfDisplay(output.data['text/plain']) ? [STORED_MIME, 'text/plain'] : [STORED_MIME],
  );
  const data = { ...shown, ...Object.fromEntries(contents) };
  const needsLine = Object.keys(missing).length > 0 && !('text/plain' in data);
  const text = needsLine ? { 'text/plain': leftOutOfDisplay(missing) } : {};
  return { ...output, data: { ...data, ...text }, metadata: withLeftOut(output.metadata, missing) };
}
