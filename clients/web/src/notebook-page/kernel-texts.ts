/** Pure: what the kernel's status, its menu and the question before its end say. */
import type { RoomState } from '@cokernel/core';
import { usageText } from '@cokernel/core';
import type { FileId, KernelStatus, KernelView, RunningKernelView } from '@cokernel/proto/hub';

const statusTexts: Readonly<Record<KernelStatus, string>> = {
  starting: 'starting…',
  idle: 'ready',
  busy: 'busy',
  restarting: 'restarting…',
  reconnecting: 'reconnecting…',
  dead: 'died',
  failed: 'did not start',
};

/** `ready · 312 MB · 4 % · shared with b.ipynb`. */
export function kernelStateText({ kernel, kernelUsage, fileId }: RoomState): string {
  if (kernel === null) return 'starts with the first run';
  const others = otherNotebooks(kernel, fileId);
  const shared = others.length === 0 ? [] : [`shared with ${shortList(others)}`];
  const usage = kernelUsage === null ? [] : [usageText(kernelUsage)];
  return [statusTexts[kernel.status], ...usage, ...shared].join(' · ');
}

/** The paths of the other notebooks that use the kernel of this one. */
export function otherNotebooks({ notebooks }: KernelView, here: FileId | null): readonly string[] {
  return notebooks.filter(({ fileId }) => fileId !== here).map(({ path }) => path);
}

/** Whose kernel one would share: `b.ipynb, 312 MB · 4 %`. */
export function runningKernelText({ notebooks, usage, origin }: RunningKernelView): string {
  const users = notebooks.length > 0 ? shortList(notebooks.map(({ path }) => path)) : 'no notebook';
  const whose = origin === 'existing' && notebooks.length === 0 ? 'by its connection file' : users;
  return usage === null ? whose : `${whose}, ${usageText(usage)}`;
}

/** What a person should know before the kernel is shut down; empty when nobody else loses anything. */
export function stopLosses({ kernel, fileId }: Pick<RoomState, 'kernel' | 'fileId'>): readonly string[] {
  if (kernel === null) return [];
  const others = otherNotebooks(kernel, fileId).map((path) => `${path} uses it too, and loses its variables.`);
  const existing = 'It was not started here: whoever started it loses it as well.';
  return kernel.origin === 'existing' ? [...others, existing] : others;
}

/** Two names, and how many more. */
function shortList(paths: readonly string[]): string {
  const [first = '', second = '', ...more] = paths;
  if (paths.length <= 2) return paths.join(' and ');
  return `${first}, ${second} and ${String(more.length)} more`;
}
