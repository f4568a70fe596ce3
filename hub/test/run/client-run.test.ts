/** A stock client's request as a run, and back again as what the kernel is sent. */
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { KernelMessage } from '@cokernel/proto/jupyter';
import { executeRequest } from '@cokernel/proto/jupyter';
import { batchOf, clientRun, isClientBatch } from '../../src/run/client-run.js';
import { requestOf } from '../../src/run/run-request.js';
import { queuedRun } from '../support/queued-run.js';

const make = { newId: () => 'made-by-the-hub', clock: () => new Date(0) };
const sender = { msgId: 'm-1', session: 's', username: 'ann', date: '2026-01-01T00:00:00Z' };
const hub = { session: 'hub', username: 'cokernel', date: '' };
const batch = batchOf('s');

function asked(content: Readonly<Record<string, unknown>> = {}, msgId = 'm-1'): KernelMessage {
  const message = executeRequest({ ...sender, msgId }, { code: 'x = 1', metadata: { cellId: 'c' } });
  return { ...message, header: { ...message.header, subshell_id: null }, content: { ...message.content, ...content } };
}

describe("a client's execute_request", () => {
  test('goes to the kernel as it came, but for stopping on an error, which is the hub’s to do', () => {
    const message = asked({ user_expressions: { a: '1' }, stop_on_error: true, cell_meta: ['kept'] });
    const run = clientRun(make, message, batch);
    if (run === null) throw new Error('it is a run');
    expect(run).toMatchObject({ source: 'x = 1', stopOnError: true, silent: false, storeHistory: true });
    expect(run.view).toMatchObject({
      runId: 'm-1',
      batchId: batch,
      author: { name: 'ann' },
      target: { kind: 'transcript' },
    });
    expect(requestOf(run, hub)).toEqual({ ...message, content: { ...message.content, stop_on_error: false } });
  });

  test.each([
    ['silent stores no history', { silent: true, store_history: true }, { silent: true, storeHistory: false }],
    ['without stdin', { allow_stdin: false }, { allowStdin: false }],
    ['may go on after an error', { stop_on_error: false }, { stopOnError: false }],
  ])('%s', (_, content, expected) => {
    expect(clientRun(make, asked(content), batch)).toMatchObject(expected);
  });

  test('is none without code, or with an id that no run can have', () => {
    expect(clientRun(make, asked({ code: 1 }), batch)).toBeNull();
    for (const id of ['../x', 'a/b', 'a b', 'ä', 'x'.repeat(129), '.'.repeat(81), 'a\u0000']) {
      expect({ id, run: clientRun(make, asked({}, id), batch) }).toEqual({ id, run: null });
    }
    for (const id of ['6f1c2f3e-8c1d-4f6e-9b1a-000000000000', 'a1b2_12_3', 'x'.repeat(128)]) {
      expect(clientRun(make, asked({}, id), batch)?.view.runId).toBe(id);
    }
  });

  test('is of its session’s batch, whatever that is called', () => {
    fc.assert(
      fc.property(fc.string(), (sessionId) => {
        expect(isClientBatch(batchOf(sessionId))).toBe(true);
        expect(batchOf(sessionId)).toBe(batchOf(sessionId));
      }),
    );
    expect(isClientBatch(queuedRun().view.batchId)).toBe(false);
  });
});

test("the kernel is never asked to stop on errors: it would abort other people's requests", () => {
  expect(requestOf(queuedRun({ stopOnError: true }), hub).content).toMatchObject({ stop_on_error: false });
});
