/** Pure: what stands above the notebook because everybody must know it now. */
import type { RoomState } from '@cokernel/core';
import type { HeldReason } from '@cokernel/proto/hub';
import type { HubNotices } from '../use-notices.js';
import { IN_REDIS_MEMORY } from './saving-text.js';

export type BannerAction = 'goOn' | 'restart' | 'startFresh' | 'letGo' | 'reload';

export interface Banner {
  readonly id: string;
  readonly tone: 'info' | 'warning' | 'error';
  readonly title: string;
  /** Several lines, such as a kernel's last stderr. */
  readonly detail: string | null;
  readonly action: BannerAction | null;
}

const heldTitles: Readonly<Record<HeldReason, string>> = {
  runLost: 'The queue is held because what became of a run is not known',
  kernelDied: 'The queue is held because the kernel died',
  restarted: 'The queue is held because the kernel was restarted',
  byOwner: 'The queue is held by an owner of this notebook',
};

function connectionBanner(state: RoomState): Banner[] {
  switch (state.connection) {
    case 'disconnected': {
      const kept = 'What you type is kept here and sent as soon as the hub answers again.';
      const detail = state.trouble === null ? kept : `${state.trouble}\n${kept}`;
      return [{ id: 'disconnected', tone: 'warning', title: 'Connection lost, trying again…', detail, action: null }];
    }
    case 'failed':
      return [
        {
          id: 'failed',
          tone: 'error',
          title: "This notebook can't be opened",
          detail: state.failure,
          action: 'reload',
        },
      ];
    case 'connecting': {
      const detail = state.trouble;
      if (detail === null) return [];
      return [{ id: 'delayed', tone: 'warning', title: 'Not there yet, trying again…', detail, action: null }];
    }
    case 'connected':
      return [];
  }
}

function kernelBanner(state: RoomState, notices: HubNotices): Banner[] {
  const { kernel, kernelGone, kernelSpecs, connection } = state;
  if (kernel?.status === 'dead') {
    // One that was found by its connection file can't be started again from here.
    const action = kernel.origin === 'existing' ? 'letGo' : 'restart';
    return [{ id: 'dead', tone: 'error', title: 'The kernel died', detail: kernel.reason, action }];
  }
  if (kernel?.status === 'failed')
    return [
      { id: 'launch', tone: 'error', title: 'The kernel did not start', detail: kernel.reason, action: 'restart' },
    ];
  if (kernel === null && kernelGone !== null) return [goneBanner(kernelGone)];
  if (connection !== 'connected' || kernelSpecs.length > 0) return [];
  const told = notices.filter(({ code }) => code !== IN_REDIS_MEMORY).map(({ message }) => message);
  const detail = told.length > 0 ? told.join('\n') : 'Install one, for Python with: pip install ipykernel';
  return [{ id: 'no-kernel', tone: 'warning', title: 'No kernel was found on this machine', detail, action: null }];
}

function goneBanner(because: string): Banner {
  const detail = `${sentence(because)} What was in its memory is lost; the notebook is as it was.`;
  return { id: 'gone', tone: 'error', title: 'The kernel of this notebook is gone', detail, action: 'startFresh' };
}

function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
}

/** With a dead kernel its own banner leads on: starting it again keeps the queue. */
function queueBanner({ queue, kernel }: RoomState): Banner[] {
  if (queue.held === null || kernel?.status === 'dead' || kernel?.status === 'failed') return [];
  const count = queue.queued.length;
  const detail = count === 0 ? null : count === 1 ? 'One run waits.' : `${count} runs wait.`;
  return [{ id: 'held', tone: 'warning', title: heldTitles[queue.held], detail, action: 'goOn' }];
}

/** `notices` are the hub's own, such as what to do when there is no Python kernel. */
export function banners(state: RoomState, notices: HubNotices): Banner[] {
  return [...connectionBanner(state), ...kernelBanner(state, notices), ...queueBanner(state)];
}
