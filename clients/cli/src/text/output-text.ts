/** Pure: an output as lines for a terminal. What a terminal can't show is named, with where to see it. */
import type { MimeBundle, Output } from '@cokernel/proto/notebook';
import type { Paint } from './terminal-text.js';
import { safeText, withoutColours } from './terminal-text.js';

export interface OutputStyle {
  readonly paint: Paint;
  /** Where the notebook is seen in a browser; null for a run without one. */
  readonly openAt: string | null;
}

/** Whole lines, without a line end after the last; empty when there is nothing to show. */
export function outputText(output: Output, style: OutputStyle): string {
  switch (output.output_type) {
    case 'stream':
      return streamLines(output.name, output.text, style.paint);
    case 'error':
      return errorText(output, style.paint);
    case 'execute_result': {
      const text = bundleText(output.data, style);
      const mark = style.paint.red(`Out[${output.execution_count ?? ' '}]:`);
      return text.includes('\n') ? `${mark}\n${text}` : `${mark} ${text}`;
    }
    case 'display_data':
      return bundleText(output.data, style);
  }
}

/** Lines of a stream; stderr is red where it has no colours of its own. */
export function streamLines(name: string, text: string, paint: Paint): string {
  const safe = safeText(text).replace(/\n$/, '');
  if (name !== 'stderr' || safe !== withoutColours(safe)) return safe;
  return safe.split('\n').map(paint.red).join('\n');
}

function errorText(error: Extract<Output, { output_type: 'error' }>, paint: Paint): string {
  const traceback = safeText(error.traceback.join('\n')).trimEnd();
  const shown = traceback === '' ? paint.red(safeText(`${error.ename}: ${error.evalue}`)) : traceback;
  return paint.on ? `${shown}\x1b[0m` : withoutColours(shown);
}

/** The richest form that a terminal can show. */
function bundleText(data: MimeBundle, style: OutputStyle): string {
  const image = Object.keys(data).find((mime) => mime.startsWith('image/'));
  if (image !== undefined) return placeholder(image, imageSize(image, data[image]), style);
  const text = ['text/plain', 'text/markdown', 'text/latex'].map((mime) => data[mime]).find(isTelling);
  if (text !== undefined) return safeText(text).trimEnd();
  if (data['application/json'] !== undefined) return safeText(JSON.stringify(data['application/json'], null, 2));
  const other = Object.keys(data).find((mime) => mime !== 'text/plain') ?? Object.keys(data)[0];
  return other === undefined ? '' : placeholder(other, '', style);
}

function placeholder(mime: string, size: string, { paint, openAt }: OutputStyle): string {
  const where = openAt === null ? '' : `: open ${openAt}`;
  return paint.dim(`[${safeText(mime)}${size}${where}]`);
}

/** Not the name of a Python object that stands for what only a browser shows. */
function isTelling(value: unknown): value is string {
  return isText(value) && !/^<IPython\.core\.display\.\w+ object>$/.test(value);
}

function isText(value: unknown): value is string {
  return typeof value === 'string';
}

/** ` 640×480` of a PNG: its header has width and height at bytes 16 and 20 (https://www.w3.org/TR/png/#11IHDR). */
function imageSize(mime: string, content: unknown): string {
  if (mime !== 'image/png' || !isText(content)) return '';
  const head = Buffer.from(content.slice(0, 64), 'base64');
  if (head.length < 24 || head.toString('latin1', 1, 4) !== 'PNG') return '';
  return ` ${String(head.readUInt32BE(16))}×${String(head.readUInt32BE(20))}`;
}
