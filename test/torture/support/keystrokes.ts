/** How long a keystroke takes from one client's document into another's, through the hub. */
import type { Visitor } from './visitor.js';

export interface Typing {
  /** Stops typing and resolves with the milliseconds of each keystroke; rejects when one does not come. */
  end(): Promise<readonly number[]>;
}

/** No keystroke waits for the one before: a standstill counts for all that were pressed in it. */
const EVERY_MS = 50;

/** `from` types into the cell, whose text nobody else changes, and `to` sees it. */
export function typeAcross(from: Visitor, to: Visitor, cellId: string): Typing {
  const before = to.source(cellId).length;
  const pressed: number[] = [];
  const took: number[] = [];
  const see = (): void => {
    const seen = to.source(cellId).length - before;
    const now = performance.now();
    for (let at = took.length; at < seen; at += 1) took.push(now - (pressed[at] ?? now));
  };
  const { document } = to.room;
  document?.doc.on('update', see);
  const timer = setInterval(() => {
    pressed.push(performance.now());
    from.append(cellId, pressed.length % 60 === 0 ? '\n' : 'k');
  }, EVERY_MS);
  return {
    async end() {
      clearInterval(timer);
      await to.waits('to see every keystroke', () => took.length === pressed.length);
      document?.doc.off('update', see);
      return took;
    },
  };
}
