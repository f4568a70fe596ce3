/** Which run an interrupt may hit. */
import { describe, expect, test } from '@jest/globals';
import { executeRequest, kernelInfoRequest, statusMessage } from '@cokernel/proto/jupyter';
import { RunWatch } from '../../src/keeper/run-watch.js';

const sender = (msgId: string) => ({ msgId, session: 's', username: 'u', date: '' });

function watching(...sent: readonly string[]) {
  const runs = new RunWatch();
  for (const msgId of sent) runs.sent(msgId);
  const status = (state: 'busy' | 'idle', msgId: string) => {
    const parent = executeRequest(sender(msgId), { code: '' }).header;
    runs.observe(statusMessage({ ...sender('x'), parent }, state));
  };
  return { runs, status };
}

describe('RunWatch', () => {
  test('[X21] a run may be interrupted from when it is sent until it is idle', () => {
    const { runs, status } = watching('a');
    expect(runs.mayRun('a')).toBe(true);
    status('busy', 'a');
    expect(runs.mayRun('a')).toBe(true);
    status('idle', 'a');
    expect(runs.mayRun('a')).toBe(false);
    expect(runs.mayRun('never sent')).toBe(false);
  });

  test('[X21] while another run is busy, one that is not must not have it interrupted', () => {
    const { runs, status } = watching('a', 'b');
    status('busy', 'b');
    expect([runs.mayRun('a'), runs.mayRun('b')]).toEqual([false, true]);
    status('idle', 'b');
    expect([runs.mayRun('a'), runs.mayRun('b')]).toEqual([true, false]);
  });

  test('a run in a subshell does not hide the one in the main shell', () => {
    const { runs, status } = watching('main', 'subshell');
    status('busy', 'main');
    status('busy', 'subshell');
    expect(runs.mayRun('main')).toBe(true);
    status('idle', 'subshell');
    expect(runs.mayRun('main')).toBe(true);
  });

  test('requests that are no runs do not count', () => {
    const { runs } = watching('a');
    const parent = kernelInfoRequest(sender('info')).header;
    runs.observe(statusMessage({ ...sender('x'), parent }, 'busy'));
    expect(runs.mayRun('a')).toBe(true);
  });

  test('what a former keeper sent may run until it is seen idle or the kernel has answered', () => {
    const { runs, status } = watching();
    runs.tookOver();
    expect(runs.mayRun('before')).toBe(true);
    status('idle', 'before');
    expect(runs.mayRun('before')).toBe(false);
    expect(runs.mayRun('also before')).toBe(true);
    runs.answered();
    expect(runs.mayRun('also before')).toBe(false);
  });

  test('nothing of a former process runs', () => {
    const { runs, status } = watching('a', 'b');
    status('busy', 'a');
    runs.startedAnew();
    expect([runs.mayRun('a'), runs.mayRun('b')]).toEqual([false, false]);
  });
});
