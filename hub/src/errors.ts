/** Refusals that leave the hub: a call's or a REST request's. Each has a code that PROTOCOL.md documents. */
import type { CallErrorCode } from '@cokernel/proto/hub';

/** An expected refusal of a call; the message is for people and says what to do. */
export class Refusal extends Error {
  override readonly name = 'Refusal';
  constructor(
    readonly code: CallErrorCode,
    message: string,
    readonly details?: Readonly<Record<string, unknown>>,
  ) {
    super(message);
  }
}

/** Something in the hub's surroundings that keeps it from starting; shown without a stack. */
export class StartError extends Error {
  override readonly name = 'StartError';
  constructor(
    message: string,
    readonly exitCode = 1,
  ) {
    super(message);
  }
}

/** The text of anything thrown. */
export function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}
