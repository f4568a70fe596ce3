/** Who may come in, request by request. */
import { describe, expect, test } from '@jest/globals';
import { IncomingMessage } from 'node:http';
import { Socket } from 'node:net';
import { Authentication } from '../../src/gateway/authentication.js';

const token = 'secret.token-1';
const own = new Authentication({
  metricsToken: null,
  token,
  cookieName: 'cokernel-8765',
  peerSecret: null,
  loopback: true,
});

interface Asked {
  readonly url?: string;
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

function request({ url = '/api/status', method = 'GET', headers = {} }: Asked): IncomingMessage {
  const message = new IncomingMessage(new Socket());
  message.url = url;
  message.method = method;
  message.headers = { host: '127.0.0.1:8765', ...headers };
  return message;
}

/** `owner`, or why not. */
function access(asked: Asked, { upgrade = false, authentication = own } = {}): string {
  const given = authentication.check(request(asked), upgrade);
  return 'role' in given ? given.role : given.refused;
}

/** The cookies as a browser sends them back. */
function cookieHeader(authentication = own): string {
  return authentication
    .cookies()
    .map((cookie) => cookie.split(';')[0] ?? '')
    .join('; ');
}

const xsrf = /_xsrf=([^;]+)/.exec(cookieHeader())?.[1] ?? '';

describe('a token', () => {
  test.each<[string, Asked, string]>([
    ['in the header, as Jupyter writes it', { headers: { authorization: `token ${token}` } }, 'owner'],
    ['in the header, as everybody writes it', { headers: { authorization: `Bearer ${token}` } }, 'owner'],
    ['in the query', { url: `/api/status?a=b&token=${token}` }, 'owner'],
    ['that changes something', { method: 'POST', headers: { authorization: `token ${token}` } }, 'owner'],
    ['that is missing', {}, 'unauthorized'],
    ['that is empty', { url: '/api/status?token=', headers: { authorization: 'token ' } }, 'unauthorized'],
    ['that is another', { headers: { authorization: 'token secret.token-2' } }, 'unauthorized'],
    ['that only begins right', { url: '/api/status?token=secret.token' }, 'unauthorized'],
    ['that goes on', { url: `/api/status?token=${token}1` }, 'unauthorized'],
    ['of another scheme', { headers: { authorization: `Basic ${token}` } }, 'unauthorized'],
    ['in the path', { url: `/api/status/token=${token}` }, 'unauthorized'],
  ])('[P3] %s', (_title, asked, expected) => {
    expect(access(asked)).toBe(expected);
  });
});

describe('a cookie', () => {
  const cookie = cookieHeader();

  test('[P3] lets one read', () => {
    expect(access({ headers: { cookie } })).toBe('owner');
    expect(access({ method: 'HEAD', headers: { cookie } })).toBe('owner');
  });

  test.each(['POST', 'PUT', 'PATCH', 'DELETE'])('[P3] alone does not let one %s', (method) => {
    expect(access({ method, headers: { cookie } })).toBe('forbidden');
    expect(access({ method, headers: { cookie, 'x-xsrftoken': 'guessed' } })).toBe('forbidden');
    expect(access({ method, headers: { cookie, 'x-xsrftoken': xsrf } })).toBe('owner');
  });

  test.each<[string, string | undefined, string]>([
    ['the same origin', 'http://127.0.0.1:8765', 'owner'],
    ['no origin', undefined, 'forbidden'],
    ['another port', 'http://127.0.0.1:8766', 'forbidden'],
    ['another host', 'http://evil.example', 'forbidden'],
    ['a host that begins alike', 'http://127.0.0.1:8765.evil.example', 'forbidden'],
    ['an origin that is none', 'null', 'forbidden'],
  ])('[P3] opens a WebSocket of %s: %s is %s', (_title, origin, expected) => {
    const headers = origin === undefined ? { cookie } : { cookie, origin };
    expect(access({ headers }, { upgrade: true })).toBe(expected);
  });

  test('of a hub with another token, or on another port, is not known', () => {
    const before = new Authentication({
      metricsToken: null,
      token: 'older',
      cookieName: 'cokernel-8765',
      peerSecret: null,
      loopback: true,
    });
    const beside = new Authentication({
      metricsToken: null,
      token,
      cookieName: 'cokernel-8766',
      peerSecret: null,
      loopback: true,
    });
    expect(access({ headers: { cookie: cookieHeader(before) } })).toBe('unauthorized');
    expect(access({ headers: { cookie: cookieHeader(beside) } })).toBe('unauthorized');
  });

  test('says nothing of the token, and scripts do not read it', () => {
    expect(own.cookies().join()).not.toContain(token);
    expect(own.cookies()[0]).toContain('HttpOnly');
  });
});

describe('the token for figures', () => {
  const measured = new Authentication({
    token,
    metricsToken: 'figures',
    cookieName: 'cokernel-8765',
    peerSecret: null,
    loopback: true,
  });
  const figures = (headers: Readonly<Record<string, string>>, authentication = measured): string => {
    const given = authentication.checkMetrics(request({ url: '/metrics', headers }));
    return 'role' in given ? given.role : given.refused;
  };
  const authorization = 'Bearer figures';

  test('[P53] opens them and nothing else', () => {
    expect(figures({ authorization })).toBe('viewer');
    expect(access({ headers: { authorization } }, { authentication: measured })).toBe('unauthorized');
    expect(figures({ authorization: `token ${token}` })).toBe('owner');
    expect(figures({ authorization: 'Bearer figure' })).toBe('unauthorized');
  });

  test('[P53] opens nothing where there is none, nor under another name of the hub', () => {
    expect(figures({ authorization }, own)).toBe('unauthorized');
    expect(figures({ authorization: 'Bearer ' }, own)).toBe('unauthorized');
    expect(figures({ authorization, host: 'evil.example:8765' })).toBe('forbidden');
  });
});

describe('the name of the hub', () => {
  const withToken = { authorization: `token ${token}` };

  test.each<[string, string]>([
    ['localhost:8765', 'owner'],
    ['127.0.0.1:8765', 'owner'],
    ['127.0.0.1', 'owner'],
    ['[::1]:8765', 'owner'],
    ['evil.example:8765', 'forbidden'],
    ['localhost.evil.example', 'forbidden'],
    ['', 'forbidden'],
  ])('[P4] on loopback: %s is %s', (host, expected) => {
    expect(access({ headers: { ...withToken, host } })).toBe(expected);
  });

  test('[P4] does not matter for a hub that everybody reaches', () => {
    const open = new Authentication({
      metricsToken: null,
      token,
      cookieName: 'cokernel-8765',
      peerSecret: null,
      loopback: false,
    });
    expect(access({ headers: { ...withToken, host: 'hub.example' } }, { authentication: open })).toBe('owner');
  });
});
