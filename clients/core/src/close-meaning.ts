/** Pure: what a client does after the hub closed the room socket (PROTOCOL.md §6). */
import { closeCodes } from '@cokernel/proto/hub';
import { z } from 'zod';

export type CloseMeaning =
  /** Try the same session again. */
  | { readonly next: 'reconnect' }
  /** Ask for the session anew; the document begins anew too. */
  | { readonly next: 'reload' }
  | { readonly next: 'giveUp'; readonly failure: string };

const ReloadReason = z.object({ reason: z.string(), reloadable: z.boolean() });

export function closeMeaning(code: number, reason: string): CloseMeaning {
  switch (code) {
    case closeCodes.reload:
      return reloadMeaning(reason);
    case closeCodes.unauthorized:
      return { next: 'giveUp', failure: 'The hub refused the token: open the URL that the hub printed.' };
    case closeCodes.forbidden:
      return { next: 'giveUp', failure: 'Your role does not allow this notebook: ask its owner for a link.' };
    case closeCodes.notFound:
      return { next: 'giveUp', failure: 'There is no such notebook (any more) in the served folder.' };
    case closeCodes.badFrame:
      return {
        next: 'giveUp',
        failure: `The hub could not read what this client sent (${reason}): update or reload it.`,
      };
    case closeCodes.replaced:
      return { next: 'giveUp', failure: 'This session was opened again elsewhere; here it has ended.' };
    default:
      return { next: 'reconnect' };
  }
}

/** A reason that can't be read is taken as reloadable: asking again does no harm and tells more. */
function reloadMeaning(reason: string): CloseMeaning {
  const parsed = ReloadReason.safeParse(parseJson(reason));
  if (!parsed.success || parsed.data.reloadable) return { next: 'reload' };
  return { next: 'giveUp', failure: `The hub closed the room for good (${parsed.data.reason}).` };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
