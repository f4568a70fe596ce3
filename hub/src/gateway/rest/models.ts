/** The Jupyter Server's models of kernels and sessions, made of ours (wire.md §2). */
import type { KernelSession } from '../../run/kernel-session.js';
import type { KernelStatus, NotebookView, RunningKernelView } from '@cokernel/proto/hub';

export interface KernelModel {
  readonly id: string;
  readonly name: string;
  readonly last_activity: string;
  readonly execution_state: string;
  readonly connections: number;
}

export interface SessionModel {
  readonly id: string;
  readonly path: string;
  readonly name: string;
  readonly type: 'notebook';
  readonly kernel: KernelModel;
  readonly notebook: { readonly path: string; readonly name: string };
}

export function kernelModel(session: KernelSession): KernelModel {
  const view = session.view();
  return {
    id: session.kernelId,
    name: view.specName,
    last_activity: jupyterTime(session.lastActivity),
    execution_state: executionState(view.status),
    connections: session.listenerCount + session.watcherCount,
  };
}

/** A notebook's session; its id is the notebook's, since several may share one kernel. */
export function sessionModel(session: KernelSession, { fileId, path }: NotebookView): SessionModel {
  const name = path.split('/').at(-1) ?? path;
  return { id: fileId, path, name, type: 'notebook', kernel: kernelModel(session), notebook: { path, name } };
}

/** The hub's own, with what Jupyter's has no place for. */
export function runningKernelView(session: KernelSession, notebooks: readonly NotebookView[]): RunningKernelView {
  const { usage, lastActivity } = session;
  return { ...session.view(), notebooks: [...notebooks], usage, lastActivity: lastActivity.toISOString() };
}

/** `%Y-%m-%dT%H:%M:%S.%fZ`, with the six digits that clients parse. */
export function jupyterTime(date: Date): string {
  return date.toISOString().replace('Z', '000Z');
}

/** Jupyter has no `failed` and no `reconnecting`. */
function executionState(status: KernelStatus): string {
  switch (status) {
    case 'failed':
      return 'dead';
    case 'reconnecting':
      return 'unknown';
    case 'starting':
    case 'idle':
    case 'busy':
    case 'restarting':
    case 'dead':
      return status;
  }
}
