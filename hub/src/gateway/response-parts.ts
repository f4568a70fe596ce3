/** Answers that are sent part by part: the next when the connection has room for it, and none to who has left. */
import type { Response } from 'express';
import { once } from 'node:events';

/** Resolves when there is room for the next part. False: who asked has left. */
export async function writePart(response: Response, part: Uint8Array | string): Promise<boolean> {
  if (!response.destroyed && !response.write(part)) await Promise.race([once(response, 'drain'), closed(response)]);
  return !response.destroyed;
}

async function closed(response: Response): Promise<void> {
  if (!response.destroyed) await once(response, 'close');
}
