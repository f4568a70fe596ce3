/** The page's address as React state: pressing a link changes the page without loading it anew. */
import { useSyncExternalStore } from 'react';
import { routeOf, type Route } from './route.js';

const listeners = new Set<() => void>();

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  window.addEventListener('popstate', listener);
  return () => {
    listeners.delete(listener);
    window.removeEventListener('popstate', listener);
  };
}

const pathname = (): string => window.location.pathname;

/** The route of the current address. */
export function useRoute(): Route {
  return routeOf(useSyncExternalStore(subscribe, pathname));
}

/** Goes to another page of Cokernel; what stands behind `?` (a name for this person) stays. */
export function navigate(url: string, how: 'push' | 'replace' = 'push'): void {
  const target = url + window.location.search;
  if (how === 'push') window.history.pushState(null, '', target);
  else window.history.replaceState(null, '', target);
  for (const listener of listeners) listener();
}
