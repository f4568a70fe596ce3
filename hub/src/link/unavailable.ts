/** The answer to a request that no hub can serve at this moment. */
import type { IncomingMessage, ServerResponse } from 'node:http';

/** Said by a hub that was asked as the one that leads and is not: nothing was done. */
const LEADS_HEADER = 'x-cokernel-leads';
/** A takeover takes a few seconds at most. */
const RETRY_AFTER_S = 2;

export function answerUnavailable(response: ServerResponse, message: string): void {
  response.statusCode = 503;
  response.setHeader('Retry-After', String(RETRY_AFTER_S));
  response.setHeader('Content-Type', 'application/json; charset=utf-8');
  response.end(JSON.stringify({ message, reason: 'unavailable' }));
}

/** For another hub, which takes this one for the one that leads. */
export function answerNotLeading(response: ServerResponse): void {
  response.setHeader(LEADS_HEADER, 'no');
  answerUnavailable(response, 'this hub does not lead; ask again in a moment');
}

export function saysNotLeading({ headers }: IncomingMessage): boolean {
  return headers[LEADS_HEADER] === 'no';
}
