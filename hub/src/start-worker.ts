/** Starts a worker thread from a module of ours: from the bundle beside this one, or from the sources as they stand. */
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
import { Worker, type WorkerOptions } from 'node:worker_threads';

/** `entry`: the module, without its ending, as `new URL('./compaction-worker', import.meta.url)`. */
export function startWorker(entry: URL, options: WorkerOptions): Worker {
  const fromSources = import.meta.url.endsWith('.ts');
  return fromSources ? fromSource(entry, options) : new Worker(new URL(`${entry.href}.js`), options);
}

/** A thread does not take over the loader of its process: it begins with a line that brings its own. */
function fromSource(entry: URL, options: WorkerOptions): Worker {
  const tsx = pathToFileURL(createRequire(import.meta.url).resolve('tsx/package.json'));
  const loader = new URL('./dist/esm/api/index.mjs', tsx).href;
  const first = `import { register } from '${loader}'; register(); await import('${entry.href}.ts');`;
  return new Worker(new URL(`data:text/javascript,${encodeURIComponent(first)}`), { ...options, execArgv: [] });
}
