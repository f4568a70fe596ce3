/** Pure: the fewest steps from the outputs that are shown to those that the shared document holds. */
import { JSONExt, type PartialJSONObject } from '@lumino/coreutils';

/** An nbformat output. */
export type Output = PartialJSONObject & { readonly output_type: string };

export type OutputStep =
  /** A stream has grown: drawing it anew at each line would cost more the longer it is. */
  | { readonly kind: 'append'; readonly index: number; readonly text: string }
  /** A stream has another text: that of a new run, or of a line that was overwritten. */
  | { readonly kind: 'rewrite'; readonly index: number; readonly text: string }
  | { readonly kind: 'set'; readonly index: number; readonly output: Output }
  | { readonly kind: 'add'; readonly output: Output }
  | { readonly kind: 'clear' }
  /** Some went, but not all, or a stream came where none of its name was: show all of them anew. */
  | { readonly kind: 'rebuild' };

function streamText({ output_type, text }: Output): string | null {
  if (output_type !== 'stream') return null;
  if (Array.isArray(text)) return text.join('');
  return typeof text === 'string' ? text : null;
}

/** JupyterLab draws what is appended to a stream only if it was added as one: a stream may not be put in another's place. */
function isNewStream(shown: Output | undefined, output: Output): boolean {
  if (shown === undefined || streamText(output) === null) return false;
  return streamText(shown) === null || shown['name'] !== output['name'];
}

function stepAt(index: number, shown: Output, output: Output): OutputStep[] {
  const [old, next] = [streamText(shown), streamText(output)];
  if (old === null || next === null) {
    return JSONExt.deepEqual(shown, output) ? [] : [{ kind: 'set', index, output }];
  }
  if (old === next) return [];
  return next.startsWith(old)
    ? [{ kind: 'append', index, text: next.slice(old.length) }]
    : [{ kind: 'rewrite', index, text: next }];
}

export function outputSteps(shown: readonly Output[], next: readonly Output[]): OutputStep[] {
  if (next.length === 0) return shown.length === 0 ? [] : [{ kind: 'clear' }];
  const isAnew = next.some((output, index) => isNewStream(shown[index], output));
  if (next.length < shown.length || isAnew) return [{ kind: 'rebuild' }];
  return next.flatMap((output, index): OutputStep[] => {
    const old = shown[index];
    return old === undefined ? [{ kind: 'add', output }] : stepAt(index, old, output);
  });
}
