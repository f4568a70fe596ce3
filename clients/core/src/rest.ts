/** One HTTP request to the hub: authentication, errors a person can read, and answers parsed before use. */
import { z } from 'zod';
import type { HubAddress } from './hub-address.js';
import { baseUrl } from './hub-address.js';
import { HubError } from './hub-error.js';

export type Fetch = typeof fetch;

export interface RestRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  /** Begins with `/api/`. */
  readonly path: string;
  readonly body?: unknown;
  /** Beside the usual ones. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
}

const ErrorBody = z.object({ message: z.string() });
const WithCause = z.object({ cause: z.object({ message: z.string().min(1) }) });

export class Rest {
  constructor(
    readonly address: HubAddress,
    private readonly fetch: Fetch,
  ) {}

  /** Resolves with an answer of status 2xx; rejects with HubError. */
  async send(request: RestRequest): Promise<Response> {
    const response = await this.#reach(request);
    if (response.ok) return response;
    throw new HubError('refused', await refusal(request, response), response.status);
  }

  /** As `send`, with the JSON body parsed. */
  async json<T>(request: RestRequest, schema: z.ZodType<T>): Promise<T> {
    const response = await this.send(request);
    const parsed = schema.safeParse(await response.json().catch(() => undefined));
    if (parsed.success) return parsed.data;
    const why = z.prettifyError(parsed.error);
    throw new HubError('badAnswer', `${request.method} ${request.path}: not a hub's answer: ${why}`, response.status);
  }

  async #reach({ method, path, body, headers, signal }: RestRequest): Promise<Response> {
    try {
      return await this.fetch.call(globalThis, baseUrl(this.address) + path, {
        method,
        headers: { ...this.#headers(method, body !== undefined), ...headers },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        ...(signal === undefined ? {} : { signal }),
      });
    } catch (error) {
      if (signal?.aborted === true) throw error;
      throw new HubError('unreachable', `no hub answers at ${baseUrl(this.address)} (${cause(error)})`, null);
    }
  }

  #headers(method: string, hasBody: boolean): Record<string, string> {
    const headers: Record<string, string> = { Accept: 'application/json' };
    if (hasBody) headers['Content-Type'] = 'application/json';
    if (this.address.token !== undefined) headers['Authorization'] = `token ${this.address.token}`;
    else if (method !== 'GET') headers['X-XSRFToken'] = xsrfCookie();
    return headers;
  }
}

/** The hub wants its `_xsrf` cookie repeated by a page that a cookie authenticates. */
function xsrfCookie(): string {
  if (typeof document === 'undefined') return '';
  const found = /(?:^|;\s*)_xsrf=([^;]*)/.exec(document.cookie);
  return found?.[1] === undefined ? '' : decodeURIComponent(found[1]);
}

async function refusal(request: RestRequest, response: Response): Promise<string> {
  const body = ErrorBody.safeParse(await response.json().catch(() => undefined));
  if (body.success && body.data.message !== '') return body.data.message;
  if (response.status === 401 || response.status === 403) return 'the hub refused the token, or none was given';
  return `${request.method} ${request.path} was answered with ${String(response.status)} ${response.statusText}`;
}

/** Node's fetch says only `fetch failed`; the reason is in its cause. */
function cause(error: unknown): string {
  const nested = WithCause.safeParse(error);
  return nested.success ? nested.data.cause.message : String(error);
}
