/**
 * Passes HTTP requests of this hub's clients on to the hub that leads, and its answers back, part by part as they come.
 * Guarantees: who leaves ends the request there too; a request is asked again only where that does nothing twice; half an
 * answer never looks like a whole one.
 */
import http from 'node:http';
import type { ClientRequest, IncomingMessage, ServerResponse } from 'node:http';
import https from 'node:https';
import { pipeline } from 'node:stream/promises';
import { setTimeout as pause } from 'node:timers/promises';
import type { Role } from '@cokernel/proto/hub';
import { messageOf } from '../errors.js';
import { HUB_SECRET_HEADER } from '../gateway/peer-headers.js';
import { headersToClient, headersToLeader } from './forwarded-headers.js';
import { answerNotLeading, answerUnavailable, saysNotLeading } from './unavailable.js';

export interface ForwarderOptions {
  /** Where the leading hub is reached. */
  readonly address: string;
  /** What hubs of one folder show each other. */
  readonly secret: string;
}

/** An HTTP request whose path a router may have cut. */
export type Forwardable = IncomingMessage & { readonly originalUrl: string };

/** `askAgain`: the client was told nothing, and whoever leads next may be asked without doing anything twice. */
export type ForwardOutcome = 'answered' | 'askAgain';

/** An idle connection is closed here before the other end does it (5,000): no request meets one that is just closing. */
const IDLE_MS = 3000;
/** Before the same is asked again: who leads may be the same hub still, just ending. */
const AGAIN_MS = 100;

export class Forwarder {
  readonly #url: URL;
  readonly #agent: http.Agent;
  readonly #underWay = new Set<ClientRequest>();
  #stopped = false;

  constructor(private readonly options: ForwarderOptions) {
    this.#url = new URL(options.address);
    const agentOptions = { keepAlive: true, timeout: IDLE_MS };
    this.#agent = this.#url.protocol === 'https:' ? new https.Agent(agentOptions) : new http.Agent(agentOptions);
  }

  /** Never rejects. The request's body must not have been read. */
  async forward(request: Forwardable, response: ServerResponse, role: Role): Promise<ForwardOutcome> {
    // Two hubs that take each other for the one that leads would pass it to and fro.
    if (HUB_SECRET_HEADER in request.headers) {
      answerNotLeading(response);
      return 'answered';
    }
    const outcome = this.#stopped ? 'askAgain' : await this.#forward(request, response, role);
    if (outcome === 'askAgain') await pause(AGAIN_MS);
    return outcome;
  }

  /** Ends what is under way; this hub is asked nothing any more. Can be called twice. */
  stop(): void {
    this.#stopped = true;
    for (const asked of this.#underWay) asked.destroy(new Error('another hub leads from now on'));
    this.#agent.destroy();
  }

  async #forward(request: Forwardable, response: ServerResponse, role: Role): Promise<ForwardOutcome> {
    const asked = this.#ask(request, role);
    const whenLeft = (): void => {
      if (!response.writableFinished) asked.destroy();
    };
    this.#underWay.add(asked);
    response.once('close', whenLeft);
    const outcome = await pass(request, asked, response);
    response.off('close', whenLeft);
    this.#underWay.delete(asked);
    // Answered before it was heard out: the rest of the body is read away, else the client may never read its answer.
    if (outcome === 'answered' && !asked.writableEnded) {
      request.unpipe(asked).resume();
      asked.destroy();
    }
    return outcome;
  }

  #ask(request: Forwardable, role: Role): ClientRequest {
    const { protocol, hostname, port, host } = this.#url;
    const headers = headersToLeader(request.headers, { secret: this.options.secret, role, host });
    const method = request.method ?? 'GET';
    const place = { protocol, hostname: hostname.replace(/^\[|\]$/g, ''), port, path: request.originalUrl };
    const ask = protocol === 'https:' ? https.request : http.request;
    return ask({ ...place, method, headers, agent: this.#agent });
  }
}

async function pass(request: IncomingMessage, asked: ClientRequest, response: ServerResponse): Promise<ForwardOutcome> {
  const hasLeft = sendOn(request, asked);
  try {
    const answer = await answerOf(asked);
    if (saysNotLeading(answer) && mayRepeat(request)) {
      answer.resume();
      return 'askAgain';
    }
    await passBack(answer, response);
    return 'answered';
  } catch (error) {
    return failed(error, request, response, hasLeft());
  }
}

/** Sends the request once there is a connection; answers a question: has any of it left? */
function sendOn(request: IncomingMessage, asked: ClientRequest): () => boolean {
  let hasLeft = false;
  const send = (): void => {
    hasLeft = true;
    request.pipe(asked);
  };
  asked.once('socket', (socket) => {
    if (socket.connecting) socket.once('connect', send);
    else send();
  });
  return () => hasLeft;
}

/** Rejects when the leading hub, or who asked, is gone before an answer began. */
function answerOf(asked: ClientRequest): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    asked.once('response', resolve);
    // For good: it may break after it was answered, too.
    asked.on('error', reject);
    asked.once('close', () => reject(new Error('the connection closed')));
  });
}

async function passBack(answer: IncomingMessage, response: ServerResponse): Promise<void> {
  response.statusCode = answer.statusCode ?? 502;
  response.statusMessage = answer.statusMessage ?? '';
  for (const [name, value] of Object.entries(headersToClient(answer.headers))) {
    if (value !== undefined) response.setHeader(name, value);
  }
  // An answer that grows line by line has begun, though its first line is not there yet.
  response.flushHeaders();
  await pipeline(answer, response);
}

function failed(error: unknown, request: IncomingMessage, response: ServerResponse, hasLeft: boolean): ForwardOutcome {
  if (response.destroyed) return 'answered';
  if (response.headersSent) {
    response.destroy();
    return 'answered';
  }
  if (!hasLeft || mayRepeat(request)) return 'askAgain';
  const why = `the hub that leads was lost before it answered (${messageOf(error)})`;
  answerUnavailable(response, `${why}; whether it did what was asked is not known`);
  return 'answered';
}

/** Reading does nothing twice. A body can't be read a second time. */
function mayRepeat({ method, headers }: IncomingMessage): boolean {
  const hasBody = headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;
  return (method === 'GET' || method === 'HEAD') && !hasBody;
}
