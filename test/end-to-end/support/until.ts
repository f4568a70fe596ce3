/** Waits for conditions: nothing in these tests sleeps for a time and hopes. */
import { setTimeout } from 'node:timers/promises';

/**
 * Resolves with the first value of `look` that is neither null, undefined nor false. `what` is a sentence's end:
 * 'the hub to print its URL'. Rejects after `withinMs` with what `state` says then.
 */
export async function until<T>(
  what: string,
  look: () => T | Promise<T>,
  options: { readonly withinMs?: number; readonly state?: () => string | Promise<string> } = {},
): Promise<Exclude<T, null | undefined | false>> {
  const { withinMs = 60_000, state = () => '' } = options;
  const end = Date.now() + withinMs;
  for (;;) {
    const seen = await look();
    if (isSomething(seen)) return seen;
    if (Date.now() > end) throw new Error(`Waited ${withinMs} ms for ${what}.\n${await state()}`);
    await setTimeout(25);
  }
}

function isSomething<T>(seen: T): seen is Exclude<T, null | undefined | false> {
  return seen !== null && seen !== undefined && seen !== false;
}
