/** The Jupyter Server's models of kernels and sessions, made of ours (wire.md §2). */
import type { KernelSession } from '../../run/kernel-session.js';
import type { KernelStatus } from '@cokernel/proto/hub';

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
    connections: session.listenerCount,
  };
}

export function sessionModel(session: KernelSession, path: string): SessionModel {
  const name = path.split('/').at(-1) ?? path;
  return { id: session.kernelId, path, name, type: 'notebook', kernel: kernelModel(session), notebook: { path, name } };
}

/** `%Y-%m-%dT%H:%M:%S.%fZ`, with the six digits that clients parse. */
export function jupyterTime(date: Date): string {
  return date.toISOString().replace('Z', '000Z');
}

/** Jupyter has no `failed`. */
function executionState(status: KernelStatus): string {
  return status === 'failed' ? 'dead' : status;
}
