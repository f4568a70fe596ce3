import { describe, expect, test } from '@jest/globals';
import { banners } from '../src/notebook-page/banners.js';
import { ann, kernelView, queueView, roomState, runView } from './views.js';

const ids = (state: Parameters<typeof banners>[0]): string[] => banners(state, []).map((banner) => banner.id);

describe('banners', () => {
  test('there are none while all is well', () => {
    expect(banners(roomState(), [])).toEqual([]);
  });

  test('[X20] a failed launch shows what the kernel said', () => {
    const [banner] = banners(roomState({ kernel: kernelView('failed', 'ModuleNotFoundError: ipykernel') }), []);
    expect(banner).toMatchObject({ id: 'launch', tone: 'error', detail: 'ModuleNotFoundError: ipykernel' });
  });

  test('[M9] a dead kernel is one banner, though its queue is held as well', () => {
    const queue = queueView(null, [runView('r', ann)], 'kernelDied');
    expect(ids(roomState({ kernel: kernelView('dead', 'killed'), queue }))).toEqual(['dead']);
  });

  test('[J14] a dead kernel that was not started here is let go, since it is not started again', () => {
    const kernel = { ...kernelView('dead', 'gone'), origin: 'existing' as const };
    expect(banners(roomState({ kernel }), [])).toMatchObject([{ id: 'dead', action: 'letGo' }]);
  });

  test('[M9] a kernel that is gone with its machine is told of until there is another one, and one press starts it', () => {
    const kernelGone = 'its machine has stopped';
    const [banner] = banners(roomState({ kernel: null, kernelGone }), []);
    expect(banner).toMatchObject({ id: 'gone', tone: 'error', action: 'startFresh' });
    expect(banner?.detail).toContain('Its machine has stopped. ');
    expect(banners(roomState({ kernelGone }), [])).toEqual([]);
  });

  test('a held queue says how many runs wait', () => {
    const queue = queueView(null, [runView('r', ann)], 'restarted');
    expect(banners(roomState({ queue }), [])).toMatchObject([{ id: 'held', detail: 'One run waits.', action: 'goOn' }]);
  });

  test('a lost connection and one that is refused are told apart', () => {
    expect(ids(roomState({ connection: 'disconnected' }))).toEqual(['disconnected']);
    expect(ids(roomState({ connection: 'failed', failure: 'no such notebook' }))).toEqual(['failed']);
  });

  test('without a kernel on the machine the hub says what to do', () => {
    const state = roomState({ kernel: null, kernelSpecs: [] });
    const notices = [
      { code: 'noPythonKernel', message: 'Run: pip install ipykernel' },
      { code: 'inRedisMemory', message: 'It is not on a disk.' },
    ];
    expect(banners(state, notices)).toMatchObject([{ id: 'no-kernel', detail: 'Run: pip install ipykernel' }]);
  });
});
