/**
 * Pure: requests that the hub makes of a kernel for itself, such as a completion for a page. They are known by their
 * ids, also to a hub that takes the kernel over, and what answers them is nobody else's: a client that listens to the
 * kernel would take the `idle` behind a completion for the end of the cell that runs.
 */
import type { KernelMessage, Sender } from '@cokernel/proto/jupyter';
import { parentId } from '@cokernel/proto/jupyter';

const PREFIX = 'cokernel-asks-';

/** Marks what this sender sends next as the hub's own. */
export function asHub(sender: Sender): Sender {
  return { ...sender, msgId: PREFIX + sender.msgId };
}

export function answersHub(message: KernelMessage): boolean {
  return parentId(message)?.startsWith(PREFIX) === true;
}
