/** Pure: which page an address shows. The hub answers the same index.html for all of them. */

export type Route =
  | { readonly page: 'files'; readonly directory: string }
  | { readonly page: 'notebook'; readonly path: string }
  | { readonly page: 'unknown' };

const decodeSegments = (path: string): string => path.split('/').filter(Boolean).map(decodeURIComponent).join('/');
const encodeSegments = (path: string): string => path.split('/').filter(Boolean).map(encodeURIComponent).join('/');

/** Reads a location's pathname. Paths in routes are relative to the served folder, with `/`. */
export function routeOf(pathname: string): Route {
  if (pathname === '/' || pathname === '/tree' || pathname === '/tree/') return { page: 'files', directory: '' };
  try {
    if (pathname.startsWith('/tree/')) return { page: 'files', directory: decodeSegments(pathname.slice(6)) };
    if (pathname.startsWith('/notebooks/')) return { page: 'notebook', path: decodeSegments(pathname.slice(11)) };
  } catch (error) {
    // A malformed percent-encoding is nobody's address; anything else is a fault of ours.
    if (!(error instanceof URIError)) throw error;
  }
  return { page: 'unknown' };
}

/** The address of a folder's page. */
export function folderUrl(directory: string): string {
  return directory === '' ? '/' : `/tree/${encodeSegments(directory)}`;
}

/** The address of a notebook's page. */
export function notebookUrl(path: string): string {
  return `/notebooks/${encodeSegments(path)}`;
}

/** The folder that a path lies in; '' is the served folder itself. */
export function folderOf(path: string): string {
  return path.split('/').slice(0, -1).join('/');
}

/** The last segment of a path. */
export function nameOf(path: string): string {
  return path.split('/').at(-1) ?? path;
}
