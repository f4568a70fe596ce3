/** Pure: what a person at the terminal is told about the notebook's kernel. */
import type { RoomState } from '@cokernel/core';
import { usageText } from '@cokernel/core';
import type { KernelView } from '@cokernel/proto/hub';
import type { Paint } from '../text/terminal-text.js';
import { safeLine, safeText } from '../text/terminal-text.js';

/** For the header: `Python 3 idle, 312 MB · 4 %, shared with b.ipynb`. */
export function kernelText(state: RoomState): string {
  const { kernel, kernelUsage } = state;
  if (kernel === null)
    return state.kernelGone === null ? 'no kernel yet (the first run starts one)' : goneText(state.kernelGone);
  const usage = kernelUsage === null ? '' : `, ${usageText(kernelUsage)}`;
  return safeLine(`${kernel.displayName} ${kernel.status}${usage}${sharedText(state)}`);
}

/** The lines that a change calls for. */
export function kernelLines(before: RoomState, after: RoomState, paint: Paint): string[] {
  // Also of a hub that took over: the header, before the first welcome, has it already.
  if (before.you !== null && before.kernelGone === null && after.kernelGone !== null) {
    return [paint.red(goneText(after.kernelGone))];
  }
  if (before.connection !== 'connected') return deathLines(before, after, paint);
  if (before.kernel?.kernelId === after.kernel?.kernelId) {
    return [...statusLines(before.kernel, after.kernel, paint), ...sharingLines(before, after, paint)];
  }
  if (after.kernel === null) return [paint.yellow('the notebook has no kernel any more')];
  const { status, displayName } = after.kernel;
  if (status !== 'idle' && status !== 'busy') return statusLines(null, after.kernel, paint);
  return [paint.dim(safeLine(`the notebook uses ${displayName} now${sharedText(after)}`))];
}

function goneText(because: string): string {
  return safeLine(`the kernel is gone: ${because}; /kernel starts a fresh one, and so does the next run`);
}

/** What a hub that took over says of a kernel that died meanwhile; all else it only finds as it was. */
function deathLines(before: RoomState, { kernel }: RoomState, paint: Paint): string[] {
  const isDead = kernel?.status === 'dead' || kernel?.status === 'failed';
  return isDead && before.you !== null ? statusLines(before.kernel, kernel, paint) : [];
}

function othersOf({ kernel, fileId }: RoomState): string[] {
  const notebooks = kernel?.notebooks ?? [];
  return notebooks.filter((notebook) => notebook.fileId !== fileId).map(({ path }) => path);
}

function sharedText(state: RoomState): string {
  const others = othersOf(state);
  return others.length === 0 ? '' : `, shared with ${others.join(' and ')}`;
}

function sharingLines(before: RoomState, after: RoomState, paint: Paint): string[] {
  const [were, are] = [othersOf(before), othersOf(after)];
  const came = are.filter((path) => !were.includes(path)).map((path) => `${path} uses this kernel too now`);
  const left = were.filter((path) => !are.includes(path)).map((path) => `${path} uses this kernel no more`);
  return [...came, ...left].map((line) => paint.dim(safeLine(line)));
}

/** Idle and busy come and go with every run; only what changes what a person can do is said. */
function statusLines(before: KernelView | null, kernel: KernelView | null, paint: Paint): string[] {
  if (kernel === null || kernel.status === before?.status) return [];
  switch (kernel.status) {
    case 'starting':
      return [paint.dim(safeLine(`${kernel.displayName} starts`))];
    case 'reconnecting':
      return [paint.yellow('the way to the kernel is broken; reconnecting…')];
    case 'restarting':
      return [paint.yellow('the kernel restarts; its memory begins anew')];
    case 'dead':
    case 'failed': {
      const what = kernel.status === 'dead' ? 'the kernel died' : 'the kernel did not start';
      return [paint.red(`${what}${kernel.reason === null ? '' : `: ${safeText(kernel.reason)}`}`)];
    }
    case 'idle':
    case 'busy':
      return before?.status === 'reconnecting' ? [paint.green('the kernel answers again')] : [];
  }
}
