/** What people are told of the log in which their edits are stored. */
import type { HubEvent } from '@cokernel/proto/hub';
import { messageOf } from '../errors.js';

export function storeFailed(error: unknown): HubEvent {
  const message = `Edits are not stored: ${messageOf(error)}`;
  return { event: 'notice', level: 'error', code: 'storeFailed', message };
}

export function storeFull(isFull: boolean): HubEvent {
  if (!isFull) return { event: 'notice', level: 'info', code: 'storeResumed', message: 'Edits are stored again.' };
  const message = 'Edits are not stored yet: the hub has no room left to store them. They wait until there is some.';
  return { event: 'notice', level: 'error', code: 'storeFull', message };
}
