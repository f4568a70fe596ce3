/** REST errors in Jupyter Server's form, `{message, reason}`: what went wrong becomes a status and a sentence. */
import type { NextFunction, Request, Response } from 'express';
import { NotebookFormatError } from '@cokernel/proto/notebook';
import type { CallErrorCode } from '@cokernel/proto/hub';
import { Refusal, messageOf } from '../errors.js';
import { PathError } from '../room/served-folder.js';
import type { SessionLog } from '../run/kernel-session-options.js';
import { LeaseEnded } from '../right.js';
import { QueueUnavailable } from '../run/run-queue.js';

export class HttpError extends Error {
  override readonly name = 'HttpError';
  constructor(
    readonly status: number,
    message: string,
  ) {
    super(message);
  }
}

const STATUS_OF_REFUSAL: Partial<Record<CallErrorCode, number>> = {
  badCall: 400,
  forbidden: 403,
  noSuchCell: 404,
  noSuchKernelSpec: 404,
  noKernel: 404,
  noSuchKernel: 404,
  noSuchVersion: 404,
  sourceMismatch: 409,
  confirmFirst: 409,
  notQueued: 409,
  existingKernel: 409,
  tooManyKernels: 429,
  tooManyWait: 429,
  kernelFailed: 500,
  unavailable: 503,
};

const STATUS_OF_PATH: Readonly<Record<PathError['code'], number>> = {
  missing: 404,
  outside: 403,
  taken: 409,
  noFolder: 409,
  notEmpty: 409,
};

export function statusOf(error: unknown): number {
  if (error instanceof HttpError) return error.status;
  if (error instanceof Refusal) return STATUS_OF_REFUSAL[error.code] ?? 500;
  if (error instanceof PathError) return STATUS_OF_PATH[error.code];
  if (error instanceof NotebookFormatError) return 400;
  if (error instanceof QueueUnavailable || error instanceof LeaseEnded) return 503;
  return isClientError(error) ? error.status : 500;
}

/** What a body parser throws. */
function isClientError(error: unknown): error is Error & { status: number } {
  return error instanceof Error && 'status' in error && typeof error.status === 'number' && error.status < 500;
}

/** The last handler: no stack leaves the hub. */
export function answerErrors(log: SessionLog) {
  return (error: unknown, request: Request, response: Response, next: NextFunction): void => {
    const status = statusOf(error);
    // Who lost the queue's store says so, once until it is back.
    if (status >= 500 && !(error instanceof QueueUnavailable))
      log.error({ error, method: request.method, path: request.path }, 'a request failed');
    if (response.headersSent) {
      next(error);
      return;
    }
    const reason = error instanceof Refusal ? error.code : null;
    response.status(status).json({ message: messageOf(error), reason });
  };
}
