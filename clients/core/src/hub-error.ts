/** What can go wrong between a client and a hub, as errors that a person can read. */
import type { CallErrorCode } from '@cokernel/proto/hub';

/** `unreachable`: no answer. `refused`: an HTTP status that says no. `badAnswer`: an answer that is not the hub's. */
export type HubErrorKind = 'unreachable' | 'refused' | 'badAnswer';

/** A REST request did not succeed. */
export class HubError extends Error {
  override readonly name = 'HubError';
  constructor(
    readonly kind: HubErrorKind,
    message: string,
    /** The HTTP status; null when there was no answer. */
    readonly status: number | null,
  ) {
    super(message);
  }
}

/** Codes that the client itself gives, beside the hub's (`callErrors`). */
export type LocalCallErrorCode =
  /** The socket dropped before the answer, or the room was closed: the call did or did not happen. */
  | 'disconnected'
  /** The room can't be joined; the message says why. */
  | 'failed'
  /** The hub's answer is not of the form that PROTOCOL.md gives. */
  | 'badAnswer';

/** A call over the room socket was refused or lost. */
export class CallError extends Error {
  override readonly name = 'CallError';
  constructor(
    /** One of `callErrors` or LocalCallErrorCode; a newer hub may send others. */
    readonly code: CallErrorCode | LocalCallErrorCode | (string & {}),
    message: string,
    readonly details: Readonly<Record<string, unknown>> = {},
  ) {
    super(message);
  }
}
