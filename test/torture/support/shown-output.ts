/** Pure: what a person sees below a cell, from a document or from a file, and where two of these first differ. */
import type { Output } from '@cokernel/proto/notebook';

export interface ShownOutput {
  readonly kind: 'stdout' | 'stderr' | 'display' | 'result' | 'error';
  readonly text: string;
}

export function shownOutput(output: Output): ShownOutput {
  switch (output.output_type) {
    case 'stream':
      return { kind: output.name, text: output.text };
    case 'display_data':
      return { kind: 'display', text: plainText(output.data['text/plain']) };
    case 'execute_result':
      return { kind: 'result', text: plainText(output.data['text/plain']) };
    case 'error':
      return { kind: 'error', text: `${output.ename}: ${output.evalue}` };
  }
}

/** A text is one string in a document and maybe several in a file. */
function plainText(value: unknown): string {
  return Array.isArray(value) ? value.join('') : typeof value === 'string' ? value : JSON.stringify(value);
}

/** A sentence about the first difference; null when there is none. */
export function firstDifference(wanted: readonly ShownOutput[], found: readonly ShownOutput[]): string | null {
  const [expected, seen] = [inOrder(wanted), inOrder(found)];
  for (let index = 0; index < Math.max(expected.length, seen.length); index += 1) {
    const [one, other] = [expected[index], seen[index]];
    if (one === undefined) return `output ${index} should not be there: ${describe(other)}; ${kindsOf(seen)}`;
    if (other === undefined) return `output ${index} is missing: ${describe(one)}; ${kindsOf(seen)}`;
    if (one.kind !== other.kind) return `output ${index} is ${describe(other)}, not ${describe(one)}; ${kindsOf(seen)}`;
    const difference = differenceOfText(one.text, other.text);
    if (difference !== null) return `output ${index} (${one.kind}): ${difference}`;
  }
  return null;
}

/**
 * Which of two streams is first that began at one moment is left to the kernel's own clock: neighbouring streams are
 * brought into one order.
 */
function inOrder(outputs: readonly ShownOutput[]): readonly ShownOutput[] {
  const ordered = [...outputs];
  for (let index = 1; index < ordered.length; index += 1) {
    const [before, here] = [ordered[index - 1], ordered[index]];
    if (before?.kind === 'stdout' && here?.kind === 'stderr') ordered.splice(index - 1, 2, here, before);
  }
  return ordered;
}

/** Null when the texts are the same. */
export function differenceOfText(wanted: string, found: string): string | null {
  if (wanted === found) return null;
  const [expected, seen] = [wanted.split('\n'), found.split('\n')];
  const at = expected.findIndex((line, index) => line !== seen[index]);
  const line = at === -1 ? expected.length : at;
  const around = JSON.stringify(seen.slice(Math.max(0, line - 1), line + 2));
  return `line ${line} should be ${JSON.stringify(expected[line])} and is among ${around}; ${countOf(expected, seen)}`;
}

function countOf(wanted: readonly string[], found: readonly string[]): string {
  const [expected, seen] = [new Set(wanted), new Set(found)];
  const missing = [...expected].filter((line) => !seen.has(line)).length;
  const strange = [...seen].filter((line) => !expected.has(line)).length;
  const doubled = found.length - seen.size - (wanted.length - expected.size);
  return `${found.length} of ${wanted.length} lines, ${missing} missing, ${doubled} doubled, ${strange} that never were`;
}

function describe(output: ShownOutput | undefined): string {
  return output === undefined ? 'none' : `${output.kind} ${JSON.stringify(output.text.slice(0, 80))}`;
}

function kindsOf(outputs: readonly ShownOutput[]): string {
  return `there are ${outputs.map(({ kind }) => kind).join(', ') || 'none'}`;
}
