/** What a hub says to another hub of the same folder, in the headers of what it passes on. */
import type { IncomingHttpHeaders } from 'node:http';
import { Role } from '@cokernel/proto/hub';

/** What only the hubs of one Redis know. */
export const HUB_SECRET_HEADER = 'x-cokernel-hub-secret';
/** The role of the client whom the other hub let in. */
export const ROLE_HEADER = 'x-cokernel-role';
/** Where the link of a relaying hub comes in. */
export const LINK_PATH = '/api/hub/link';

export function saidRole(headers: IncomingHttpHeaders): Role | null {
  return Role.safeParse(headers[ROLE_HEADER]).data ?? null;
}
