/** What ends the parts of a hub, in the order in which they were opened. */
import type { Logger } from 'pino';

export type Closers = (() => Promise<unknown>)[];

/** In reverse; one that fails does not keep the others open. */
export async function closeAll(closers: readonly (() => Promise<unknown>)[], log: Logger): Promise<void> {
  for (const close of [...closers].reverse()) {
    await close().catch((error: unknown) => log.error({ error }, 'a part of the hub was not closed cleanly'));
  }
}
