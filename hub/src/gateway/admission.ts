/** How a request is let in, or is told why not; and how a token in an address becomes cookies. */
import type { NextFunction, Request, Response } from 'express';
import { Role } from '@cokernel/proto/hub';
import type { Access, Authentication } from './authentication.js';

/** A page opened with the token in its address gets the cookies and an address without it. */
export function exchangeToken(authentication: Authentication) {
  return (request: Request, response: Response, next: NextFunction): void => {
    const wantsPage = request.method === 'GET' && !request.path.startsWith('/api/');
    if (!wantsPage || !authentication.hasQueryToken(request) || 'refused' in authentication.check(request)) {
      next();
      return;
    }
    for (const cookie of authentication.cookies()) response.append('Set-Cookie', cookie);
    const query = new URLSearchParams(request.originalUrl.split('?')[1] ?? '');
    query.delete('token');
    // Only a path of this hub: two slashes at the start would be another host.
    const path = `/${request.path.replace(/^\/+/, '')}`;
    response.redirect(302, query.size === 0 ? path : `${path}?${query.toString()}`);
  };
}

/** Lets those pass to whom `check` gives access. */
export function authenticate(check: (request: Request) => Access) {
  return (request: Request, response: Response, next: NextFunction): void => {
    const access = check(request);
    if (!('refused' in access)) {
      response.locals['role'] = access.role;
      next();
      return;
    }
    const status = access.refused === 'unauthorized' ? 401 : 403;
    if (request.path.startsWith('/api/')) response.status(status).json({ message: access.why, reason: access.refused });
    else
      response
        .status(status)
        .type('html')
        .send(`<!doctype html><title>Cokernel</title><p>${escapeHtml(access.why)}.`);
  };
}

/** The role of who asked, after `authenticate` let the request pass. */
export function roleOf(response: Response): Role {
  return Role.parse(response.locals['role']);
}

function escapeHtml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
}
