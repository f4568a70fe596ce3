/**
 * Pure: where a hub is, and the URLs made of it. A person pastes the URL that the hub printed; it names the
 * hub, the token and maybe a notebook at once.
 */

export interface HubAddress {
  /** Such as `http://127.0.0.1:8765`; a path before the hub's own (a proxy's) is kept. */
  readonly url: string;
  /** Absent in the page: there the cookie authenticates. */
  readonly token?: string;
}

/** What a pasted URL says. */
export interface PastedUrl {
  readonly address: HubAddress;
  /** The notebook, relative to the served folder; null when the URL names none. */
  readonly notebook: string | null;
}

/** Reads a URL such as `http://host:8765/notebooks/a%20b.ipynb?token=T`; null when it is not an http(s) URL. */
export function readPastedUrl(text: string): PastedUrl | null {
  if (!/^https?:\/\//i.test(text) || !URL.canParse(text)) return null;
  const url = new URL(text);
  const token = url.searchParams.get('token');
  const place = /^(.*?)\/(?:notebooks\/(.+)|tree(?:\/.*)?)?$/.exec(url.pathname);
  const base = url.origin + (place?.[1] ?? '');
  return {
    address: token === null || token === '' ? { url: base } : { url: base, token },
    notebook: place?.[2] === undefined ? null : decodePath(place[2]),
  };
}

/** `a b/c.ipynb` → `a%20b/c.ipynb`. */
export function encodePath(path: string): string {
  return path
    .split('/')
    .filter((part) => part !== '')
    .map(encodeURIComponent)
    .join('/');
}

/** The URL under which a person opens the notebook in a browser. */
export function notebookUrl(address: HubAddress, path: string): string {
  const query = address.token === undefined ? '' : `?token=${encodeURIComponent(address.token)}`;
  return `${baseUrl(address)}/notebooks/${encodePath(path)}${query}`;
}

/** Without a slash at the end. */
export function baseUrl(address: HubAddress): string {
  return address.url.replace(/\/+$/, '');
}

/** The same place over ws or wss. */
export function socketUrl(address: HubAddress, path: string): string {
  return baseUrl(address).replace(/^http/i, 'ws') + path;
}

function decodePath(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    // A stray `%` typed by hand: take the path as it stands.
    return path;
  }
}
