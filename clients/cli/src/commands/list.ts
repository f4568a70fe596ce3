/** `cokernel ls` and `cokernel kernels`: what a hub serves and what it runs. */
import type { HubClient } from '@cokernel/core';
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

/** The running kernels: id, kernelspec, state, and the notebooks that use it. */
export async function listKernels(client: HubClient, { json }: ListOptions): Promise<string> {
  const [kernels, sessions] = await Promise.all([client.kernels(), client.sessions()]);
  const notebooksOf = (id: string) => sessions.filter(({ kernel }) => kernel.id === id).map(({ path }) => path);
  const list = kernels.map(({ id, name, execution_state, last_activity }) => {
    return { id, name, execution_state, last_activity, notebooks: notebooksOf(id) };
  });
  if (json) return JSON.stringify(list);
  if (list.length === 0) return 'no kernel runs';
  const rows = list.map(({ id, name, execution_state, notebooks }) => {
    return [id, name, execution_state, notebooks.map(safeLine).join(', ')].map(safeLine);
  });
  return alignColumns(rows);
}
