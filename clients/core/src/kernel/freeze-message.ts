/** Pure: makes a message that came immutable (E3), so that no reader can change it under another. */
import type { KernelMessage } from '@cokernel/proto/jupyter';

/** Freezes in place, to the last nested value; the bytes of buffers can't be frozen, their list is. */
export function freezeMessage(message: KernelMessage): KernelMessage {
  const { header, parent_header, metadata, content, buffers } = message;
  for (const part of [header, parent_header, metadata, content]) freezeDeep(part);
  Object.freeze(buffers);
  return Object.freeze(message);
}

function freezeDeep(value: unknown): void {
  if (typeof value !== 'object' || value === null) return;
  Object.freeze(value);
  for (const nested of Object.values(value)) freezeDeep(nested);
}
