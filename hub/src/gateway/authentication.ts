/**
 * Who may come in. Everything but `GET /api` and the probes wants the token: in a header, in the query, or by the cookie that the page
 * gets in exchange for it. A cookie alone may read; to change something it needs the `_xsrf` value in a header,
 * and to open a WebSocket the same origin. A hub on loopback answers only to loopback names (DNS rebinding).
 */
import { createHmac, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Role } from '@cokernel/proto/hub';
import { HUB_SECRET_HEADER, saidRole } from './peer-headers.js';

export type Access = { readonly role: Role } | { readonly refused: 'unauthorized' | 'forbidden'; readonly why: string };

export interface AuthenticationOptions {
  readonly token: string;
  /** Keeps the cookies of hubs apart that have one host's name. */
  readonly cookieName: string;
  /** Lets one read the hub's figures and nothing else; null: there is none. */
  readonly metricsToken: string | null;
  /** True when the hub listens on loopback only. */
  readonly loopback: boolean;
  /** What other hubs of this folder show, who let a client in by the same rules; null: there are none. */
  readonly peerSecret: string | null;
}

const LOOPBACK_NAMES = new Set(['localhost', '127.0.0.1', '[::1]']);

export class Authentication {
  private readonly cookieValue: string;
  private readonly xsrfValue: string;

  constructor(private readonly options: AuthenticationOptions) {
    // Both end with the token: a hub with another one does not know them.
    this.cookieValue = createHmac('sha256', options.token).update('cookie').digest('base64url');
    this.xsrfValue = createHmac('sha256', options.token).update('xsrf').digest('base64url');
  }

  /** The access of a request; `upgrade`: it wants a WebSocket. */
  check(request: IncomingMessage, upgrade = false): Access {
    const host = request.headers.host ?? '';
    if (this.isPeer(request)) return { role: saidRole(request.headers) ?? 'viewer' };
    if (this.options.loopback && !LOOPBACK_NAMES.has(host.replace(/:\d+$/, ''))) {
      return { refused: 'forbidden', why: `this hub does not answer to the name '${host}'` };
    }
    if (this.hasToken(request)) return { role: 'owner' };
    if (!this.hasCookie(request))
      return { refused: 'unauthorized', why: 'a token is needed: open the URL that the hub printed' };
    return this.checkCookieUse(request, host, upgrade);
  }

  /** True when another hub of this folder asks. */
  isPeer(request: IncomingMessage): boolean {
    const said = request.headers[HUB_SECRET_HEADER];
    const { peerSecret } = this.options;
    return peerSecret !== null && typeof said === 'string' && equals(said, peerSecret);
  }

  /** The access to the hub's figures, which a token of their own gives too. */
  checkMetrics(request: IncomingMessage): Access {
    const access = this.check(request);
    if (!('refused' in access) || access.refused !== 'unauthorized') return access;
    const { metricsToken } = this.options;
    return metricsToken !== null && isSaid(headerToken(request), metricsToken) ? { role: 'viewer' } : access;
  }

  /** True when the request's query carries the right token: it may be exchanged for the cookies. */
  hasQueryToken(request: IncomingMessage): boolean {
    return isSaid(queryOf(request).get('token'), this.options.token);
  }

  /** The cookies that the page gets. */
  cookies(): readonly string[] {
    return [
      `${this.options.cookieName}=${this.cookieValue}; Path=/; HttpOnly; SameSite=Lax`,
      `_xsrf=${this.xsrfValue}; Path=/; SameSite=Lax`,
    ];
  }

  private hasToken(request: IncomingMessage): boolean {
    return isSaid(headerToken(request), this.options.token) || this.hasQueryToken(request);
  }

  private hasCookie(request: IncomingMessage): boolean {
    return equals(cookieOf(request, this.options.cookieName), this.cookieValue);
  }

  private checkCookieUse(request: IncomingMessage, host: string, upgrade: boolean): Access {
    const origin = request.headers.origin;
    if (upgrade) {
      const same = origin !== undefined && URL.canParse(origin) && new URL(origin).host === host;
      return same
        ? { role: 'owner' }
        : { refused: 'forbidden', why: 'a WebSocket by cookie comes from the same origin' };
    }
    if (request.method === 'GET' || request.method === 'HEAD') return { role: 'owner' };
    const said = request.headers['x-xsrftoken'];
    if (typeof said === 'string' && equals(said, this.xsrfValue)) return { role: 'owner' };
    return { refused: 'forbidden', why: "with a cookie, the header X-XSRFToken must repeat the cookie '_xsrf'" };
  }
}

function headerToken(request: IncomingMessage): string | null {
  return /^(?:token|bearer)\s+(.+)$/i.exec(request.headers.authorization ?? '')?.[1] ?? null;
}

function isSaid(said: string | null, token: string): boolean {
  return said !== null && equals(said, token);
}

/** Takes the same time whatever differs. */
function equals(a: string, b: string): boolean {
  const digest = (text: string): Buffer => createHmac('sha256', 'compare').update(text).digest();
  return timingSafeEqual(digest(a), digest(b));
}

function queryOf(request: IncomingMessage): URLSearchParams {
  return new URLSearchParams((request.url ?? '').split('?')[1] ?? '');
}

function cookieOf(request: IncomingMessage, name: string): string {
  const pairs = (request.headers.cookie ?? '').split(';').map((pair) => pair.trim().split('='));
  return pairs.find(([key]) => key === name)?.[1] ?? '';
}
