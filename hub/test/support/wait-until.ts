/** Waits for a condition; fails with what was awaited. */
import { setTimeout as pause } from 'node:timers/promises';

export async function waitUntil(what: string, isSo: () => boolean | Promise<boolean>, limitMs = 10_000): Promise<void> {
  const end = Date.now() + limitMs;
  while (!(await isSo())) {
    if (Date.now() > end) throw new Error(`Waited ${String(limitMs)} ms in vain: ${what}`);
    await pause(5);
  }
}
