/**
 * Waits for a condition; fails with what was awaited. The limit is for what never comes, and not for what is late: on a machine that
 * is busy with other suites a kernel takes half a minute to start.
 */
import { setTimeout as pause } from 'node:timers/promises';

export async function waitUntil(
  what: string | (() => string),
  isSo: () => boolean | Promise<boolean>,
  limitMs = 60_000,
): Promise<void> {
  const end = Date.now() + limitMs;
  while (!(await isSo())) {
    if (Date.now() > end) {
      throw new Error(`Waited ${String(limitMs)} ms in vain: ${typeof what === 'string' ? what : what()}`);
    }
    await pause(5);
  }
}
