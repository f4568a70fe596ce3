/** Pure: the fewest steps from the outputs that are shown to those that the shared document holds. */
import { JSONExt, type PartialJSONObject } from '@lumino/coreutils';

/** An nbformat output. */
export type Output = PartialJSONObject & { readonly output_type: string };

export type OutputStep =
  /** A stream has grown: drawing it anew at each line would cost more the longer it is. */
  | { readonly kind: 'append'; readonly index: number; readonly text: string }
  | { readonly kind: 'set'; readonly index: number; readonly output: Output }
  | { readonly kind: 'add'; readonly output: Output }
  | { readonly kind: 'clear' }
  /** Some went, but not all: show all of them anew. */
  | { readonly kind: 'rebuild' };

function streamText({ output_type, text }: Output): string | null {
  if (output_type !== 'stream') return null;
  if (Array.isArray(text)) return text.join('');
  return typeof text === 'string' ? text : null;
}

/** What stands behind `before` in `after`; null when the two are not one growing stream. */
function appended(before: Output, after: Output): string | null {
  const [old, next] = [streamText(before), streamText(after)];
  if (old === null || next === null || before['name'] !== after['name']) return null;
  return next.startsWith(old) ? next.slice(old.length) : null;
}

function stepAt(index: number, shown: Output, output: Output): OutputStep[] {
  const text = appended(shown, output);
  if (text !== null) return text === '' ? [] : [{ kind: 'append', index, text }];
  return JSONExt.deepEqual(shown, output) ? [] : [{ kind: 'set', index, output }];
}

export function outputSteps(shown: readonly Output[], next: readonly Output[]): OutputStep[] {
  if (next.length === 0) return shown.length === 0 ? [] : [{ kind: 'clear' }];
  if (next.length < shown.length) return [{ kind: 'rebuild' }];
  return next.flatMap((output, index): OutputStep[] => {
    const old = shown[index];
    return old === undefined ? [{ kind: 'add', output }] : stepAt(index, old, output);
  });
}
