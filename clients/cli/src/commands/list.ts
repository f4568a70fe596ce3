/** `cokernel ls` and `cokernel kernels`: what a hub serves and what it runs. */
import type { HubClient } from '@cokernel/core';
import { usageText } from '@cokernel/core';
import type { RunningKernelView } from '@cokernel/proto/hub';
import { namedKernel } from '../named-kernel.js';
import { alignColumns } from '../text/columns.js';
import { safeLine } from '../text/terminal-text.js';

export interface ListOptions {
  readonly json: boolean;
}

/** The folder's entries: type, path, when it was changed. */
export async function listFolder(client: HubClient, path: string, { json }: ListOptions): Promise<string> {
  const model = await client.contents(path);
  const entries = model.type === 'directory' ? (model.content ?? []) : [model];
  if (json)
    return JSON.stringify(
      entries.map(({ type, path: place, last_modified }) => ({ type, path: place, last_modified })),
    );
  const rows = entries.map((entry) => [
    entry.type,
    entry.last_modified.slice(0, 16).replace('T', ' '),
    shownPath(entry),
  ]);
  return alignColumns(rows);
}

function shownPath({ type, path }: { readonly type: string; readonly path: string }): string {
  return safeLine(path) + (type === 'directory' ? '/' : '');
}

/** Enough of an id to name it by. */
const SHOWN_ID = 8;

/** The running kernels: the beginning of the id, kernelspec, state, what it uses, and the notebooks that use it. */
export async function listKernels(client: HubClient, { json }: ListOptions): Promise<string> {
  const kernels = await client.runningKernels();
  if (json) return JSON.stringify(kernels.map((kernel) => ({ ...kernel, notebooks: pathsOf(kernel) })));
  if (kernels.length === 0) return 'no kernel runs';
  const rows = kernels.map((kernel) => {
    const { kernelId, displayName, status, usage } = kernel;
    const users = pathsOf(kernel).join(', ');
    const cells = [kernelId.slice(0, SHOWN_ID), displayName, status, usage === null ? '' : usageText(usage)];
    return [...cells, users === '' ? '(no notebook)' : users].map(safeLine);
  });
  return alignColumns(rows);
}

/** Shuts one kernel down, for all who use it. */
export async function endKernel(client: HubClient, id: string): Promise<string> {
  const kernel = await namedKernel(client, id);
  await client.deleteKernel(kernel.kernelId, { existing: true });
  const users = pathsOf(kernel);
  const whose = users.length === 0 ? '' : ` of ${users.map(safeLine).join(' and ')}`;
  return `${safeLine(kernel.displayName)}${whose} was shut down`;
}

function pathsOf({ notebooks }: RunningKernelView): string[] {
  return notebooks.map(({ path }) => path);
}
