/** What becomes of those who come while no hub leads. */
import { describe, expect, jest, test } from '@jest/globals';
import type { Request, Response } from 'express';
import { closeCodes } from '@cokernel/proto/hub';
import { WaitingServing } from '../../src/cluster/waiting-serving.js';
import type { Arrival, AskedRequest, Serving } from '../../src/gateway/serving.js';

const metrics = { contentType: 'text/plain', text: () => Promise.resolve('') };

function leader(): Serving & { readonly served: string[] } {
  const served: string[] = [];
  return {
    served,
    metrics,
    answer: () => void served.push('a request'),
    enter: () => Promise.resolve(void served.push('a socket')),
    missing: () => Promise.resolve(['kernels']),
  };
}

function waiting(answers = (): Promise<void> => Promise.resolve()): WaitingServing {
  return new WaitingServing({ answers, metrics });
}

/** A socket that notes with which code it was closed. */
function arrival(): Arrival & { readonly closed: number[] } {
  const closed: number[] = [];
  const socket = { close: (code: number) => void closed.push(code) } as unknown as Arrival['socket'];
  return { url: '/', role: 'owner', socket, closed };
}

function asked(): AskedRequest {
  const response = { destroyed: false, setHeader: () => undefined, end: () => undefined };
  return {
    ...{ request: {} as unknown as Request, response: response as unknown as Response },
    ...{ next: () => undefined, role: 'owner' },
  };
}

describe('[P55] while no hub leads', () => {
  test('who comes waits, and is served by the one that leads next', async () => {
    const serving = waiting();
    const entered = serving.enter(arrival());
    serving.answer(asked());
    const next = leader();
    serving.ledBy(next);
    await entered;
    expect(next.served).toEqual(['a socket', 'a request']);
    serving.answer(asked());
    expect(next.served).toHaveLength(3);
  });

  test('nobody waits for ever: a socket is to come back, and a request is told', async () => {
    jest.useFakeTimers();
    try {
      const serving = waiting();
      const [socket, request] = [arrival(), asked()];
      const entered = serving.enter(socket);
      serving.answer(request);
      jest.advanceTimersByTime(31_000);
      await entered;
      expect(socket.closed).toEqual([closeCodes.restart]);
      expect(request.response.statusCode).toBe(503);
    } finally {
      jest.useRealTimers();
    }
  });

  test('whoever waits at a hub that leaves is sent away at once, and so is who comes then', async () => {
    const serving = waiting();
    const [waits, comes, request] = [arrival(), arrival(), asked()];
    const entered = serving.enter(waits);
    serving.answer(request);
    serving.stop();
    const late = serving.enter(comes);
    expect([waits.closed, comes.closed]).toEqual([[closeCodes.restart], [closeCodes.restart]]);
    await Promise.all([entered, late]);
    expect(request.response.statusCode).toBe(503);
  });

  test('[P52] it is not ready, and says what is missing', async () => {
    expect(await waiting().missing()).toEqual(['leader']);
    expect(await waiting(() => Promise.reject(new Error('away'))).missing()).toEqual(['redis', 'leader']);
    const serving = waiting();
    serving.ledBy(leader());
    expect(await serving.missing()).toEqual(['kernels']);
  });
});
