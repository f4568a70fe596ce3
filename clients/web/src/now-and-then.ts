/**
 * Draws a state that changes in bursts (a run passes through five states in some milliseconds) once a burst: what nobody
 * could see is not drawn, and the page is free for the output that comes with it.
 */

/** Two frames of a screen: shorter than people notice. */
const WAIT_MS = 33;

/** Calls `draw` once, a moment after the first of many calls. `cancel` forgets what is due. */
export function nowAndThen(draw: () => void): { readonly ask: () => void; readonly cancel: () => void } {
  let due: ReturnType<typeof setTimeout> | undefined;
  return {
    ask: () => {
      due ??= setTimeout(() => {
        due = undefined;
        draw();
      }, WAIT_MS);
    },
    cancel: () => {
      clearTimeout(due);
      due = undefined;
    },
  };
}
