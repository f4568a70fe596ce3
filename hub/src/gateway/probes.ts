/**
 * What watches over a hub: whether it lives and whether it can serve, for everybody who can reach it, since proxies and
 * Kubernetes ask without a token; and its figures for Prometheus, for those who may read them.
 */
import { Router } from 'express';

/** The figures, as text in the form that is named. */
export interface MetricsText {
  readonly contentType: string;
  text(): Promise<string>;
}

/** Tells nothing but the names of what is missing. */
export function probeRouter(missing: () => Promise<readonly string[]>): Router {
  const router = Router();
  router.use(['/healthz', '/readyz'], (_request, response, next) => {
    response.setHeader('Cache-Control', 'no-store');
    next();
  });
  router.get('/healthz', (_request, response) => {
    response.json({ alive: true });
  });
  router.get('/readyz', async (_request, response) => {
    const parts = await missing();
    response.status(parts.length === 0 ? 200 : 503).json({ ready: parts.length === 0, missing: parts });
  });
  return router;
}

export function metricsRouter(metricsNow: () => MetricsText): Router {
  const router = Router();
  router.get('/', async (_request, response) => {
    response.setHeader('Cache-Control', 'no-store');
    const metrics = metricsNow();
    const text = await metrics.text();
    response.type(metrics.contentType).send(text);
  });
  return router;
}
