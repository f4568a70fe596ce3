/** The page: the built files of clients/web, and its one HTML for every place that it has an address for. */
import { existsSync } from 'node:fs';
import path from 'node:path';
import express, { Router } from 'express';

const NOT_BUILT = '<!doctype html><title>Cokernel</title><p>The page is not built. Run <code>npm start</code>.';

export function pageRouter(webDirectory: string): Router {
  const router = Router();
  const index = path.join(webDirectory, 'index.html');
  // Names under /assets carry a hash of their content.
  router.use(
    '/assets',
    express.static(path.join(webDirectory, 'assets'), { immutable: true, maxAge: '365d', fallthrough: false }),
  );
  router.use(express.static(webDirectory, { index: false }));
  router.get(['/', '/tree{/*path}', '/notebooks/*path'], (_request, response) => {
    response.setHeader('Cache-Control', 'no-cache');
    if (existsSync(index)) response.sendFile(index);
    else response.status(503).type('html').send(NOT_BUILT);
  });
  return router;
}
