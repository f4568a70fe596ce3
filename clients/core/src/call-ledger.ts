/**
 * The calls of one room that have no answer yet: those that wait for the connection, and those that were sent.
 * Guarantees that each promise settles once: with the hub's answer, or with `disconnected` when the socket drops first.
 */
import type { AnswerFrame, CallFrame, CallName, CallParams, CallResult } from '@cokernel/proto/hub';
import { calls } from '@cokernel/proto/hub';
import { z } from 'zod';
import { CallError } from './hub-error.js';

interface OpenCall {
  readonly frame: CallFrame;
  readonly name: CallName;
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: CallError) => void;
}

export class CallLedger {
  #lastId = 0;
  #waiting: OpenCall[] = [];
  readonly #sent = new Map<number, OpenCall>();

  /** Notes a call to be sent by the next `sendWaiting`. */
  wait<N extends CallName>(name: N, params: CallParams<N>): Promise<CallResult<N>> {
    return this.#open(name, params, (call) => this.#waiting.push(call));
  }

  /** Sends a call at once, before all that waits. */
  sendNow<N extends CallName>(
    name: N,
    params: CallParams<N>,
    send: (frame: CallFrame) => void,
  ): Promise<CallResult<N>> {
    return this.#open(name, params, (call) => this.#send(call, send));
  }

  sendWaiting(send: (frame: CallFrame) => void): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const call of waiting) this.#send(call, send);
  }

  /** Settles the call that the frame answers; an answer to none is dropped (its call was given up). */
  answer(frame: AnswerFrame): void {
    const call = this.#sent.get(frame.id);
    if (call === undefined) return;
    this.#sent.delete(frame.id);
    if (frame.ok) settle(call, frame.result);
    else call.reject(new CallError(frame.error.code, frame.error.message, frame.error.details));
  }

  /** Rejects what was sent; what waits goes on waiting. */
  dropSent(error: CallError): void {
    const sent = [...this.#sent.values()];
    this.#sent.clear();
    for (const call of sent) call.reject(error);
  }

  dropAll(error: CallError): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    this.dropSent(error);
    for (const call of waiting) call.reject(error);
  }

  #open<N extends CallName>(name: N, params: CallParams<N>, keep: (call: OpenCall) => void): Promise<CallResult<N>> {
    const frame: CallFrame = { id: ++this.#lastId, call: name, params };
    return new Promise<CallResult<N>>((resolve, reject) => {
      // `answer` has parsed the result with this call's own schema; TypeScript can't follow that through the map.
      keep({ frame, name, resolve: (result) => resolve(result as CallResult<N>), reject });
    });
  }

  #send(call: OpenCall, send: (frame: CallFrame) => void): void {
    this.#sent.set(call.frame.id, call);
    send(call.frame);
  }
}

function settle(call: OpenCall, answer: unknown): void {
  const result = calls[call.name].result.safeParse(answer);
  if (result.success) call.resolve(result.data);
  else call.reject(new CallError('badAnswer', `answer to ${call.name} not readable: ${z.prettifyError(result.error)}`));
}
