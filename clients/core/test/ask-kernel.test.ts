/** Questions to a kernel, whether it answers at once or when it is free. */
import { describe, expect, test } from '@jest/globals';
import type { HubEvent } from '@cokernel/proto/hub';
import { QuestionId } from '@cokernel/proto/hub';
import type { Room } from '../src/index.js';
import { askKernel } from '../src/index.js';
import { initialRoomState } from '../src/room-state.js';

const busy = { status: 'kernelBusy', questionId: QuestionId.parse('q1') } as const;
const answered = (questionId: string, content: Record<string, unknown>): HubEvent => ({
  event: 'kernelAnswered',
  questionId: QuestionId.parse(questionId),
  content,
});

/** A room whose hub says what the test says. */
class SaidRoom {
  readonly #events = new Set<(event: HubEvent) => void>();
  readonly #changes = new Set<() => void>();
  readonly asked: unknown[] = [];
  state: Room['state'] = { ...initialRoomState('a.ipynb'), connection: 'connected' };
  answer: () => unknown = () => busy;

  get room(): Room {
    const state = (): Room['state'] => this.state;
    return {
      get state() {
        return state();
      },
      document: null,
      call: (name, params) => {
        this.asked.push([name, params]);
        return Promise.resolve().then(this.answer) as never;
      },
      subscribe: (listener) => {
        this.#changes.add(listener);
        return () => this.#changes.delete(listener);
      },
      onEvent: (listener) => {
        this.#events.add(listener);
        return () => this.#events.delete(listener);
      },
      close: () => undefined,
    };
  }

  get listeners(): number {
    return this.#events.size + this.#changes.size;
  }

  tell(event: HubEvent): void {
    for (const listener of [...this.#events]) listener(event);
  }

  drop(): void {
    this.state = { ...this.state, connection: 'disconnected' };
    for (const listener of [...this.#changes]) listener();
  }
}

const question = { code: 'pri', cursorPos: 3 };

describe('askKernel', () => {
  test('gives the answer of a kernel that is free, and asks once', async () => {
    const said = new SaidRoom();
    said.answer = () => ({ status: 'ok', matches: ['print'] });
    expect(await askKernel(said.room, 'complete', question)).toEqual({ status: 'ok', matches: ['print'] });
    expect(said.asked).toEqual([['complete', question]]);
    expect(said.listeners).toBe(0);
  });

  test('says that the kernel is busy, then gives the answer to this question and no other', async () => {
    const said = new SaidRoom();
    let told = 0;
    const answer = askKernel(said.room, 'complete', question, {
      onBusy: () => {
        told += 1;
        said.tell(answered('q0', { matches: ['wrong'] }));
        said.tell(answered('q1', { matches: ['right'] }));
      },
    });
    expect(await answer).toEqual({ matches: ['right'] });
    expect(told).toBe(1);
    expect(said.listeners).toBe(0);
  });

  test('misses no answer that comes right behind the word that it comes later', async () => {
    const said = new SaidRoom();
    said.answer = () => {
      queueMicrotask(() => said.tell(answered('q1', { status: 'ok' })));
      return busy;
    };
    expect(await askKernel(said.room, 'isComplete', { code: 'x' })).toEqual({ status: 'ok' });
  });

  test('fails when the connection is lost while it waits, and when the hub refuses', async () => {
    const said = new SaidRoom();
    const answer = askKernel(said.room, 'variables', {}, { onBusy: () => said.drop() });
    await expect(answer).rejects.toMatchObject({ code: 'disconnected' });
    const refused = new SaidRoom();
    refused.answer = () => {
      throw new Error('no kernel');
    };
    await expect(askKernel(refused.room, 'variables', {})).rejects.toThrow('no kernel');
    expect(said.listeners + refused.listeners).toBe(0);
  });
});
