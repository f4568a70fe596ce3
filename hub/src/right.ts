/**
 * The right to serve a folder, and to write in it. A hub that serves alone has it for good, by the folder's lock; one of
 * many has it as long as it has the folder's lease. Whatever writes where other hubs write too asks right before.
 */
export interface Right {
  /** By the clock alone, at once: false as soon as another hub may have it, and never true again after that. */
  isHeld(): boolean;
}

/** Of a hub that has a folder's lock: no other serves it. */
export const ofOneHub: Right = { isHeld: () => true };

/** This hub may write nothing more: another one may serve the folder. Nothing was written, and nothing is to be tried again. */
export class LeaseEnded extends Error {
  override readonly name = 'LeaseEnded';
}

/** Right before a write. Throws `LeaseEnded`. */
export function mustHold(right: Right): void {
  if (!right.isHeld()) throw new LeaseEnded('this hub leads no more: another one may serve the folder');
}
