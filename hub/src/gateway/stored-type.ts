/**
 * Pure: as what a stored output is sent. Kernels produce it, so nothing is sent that a browser would run as part of this
 * site: what is not known to be harmless is a download without a type, and all of it comes with a policy that lets nothing
 * run.
 */

export interface StoredType {
  readonly contentType: string;
  /** Shown by a browser that is sent there; else it is offered as a download. */
  readonly isShown: boolean;
}

/** No scripts, no forms, an origin of its own; an SVG in an `img` still has its styles. */
export const STORED_POLICY = "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:";

const SHOWN = new Set([
  'image/png',
  'image/jpeg',
  'image/gif',
  'image/webp',
  'image/avif',
  'image/bmp',
  'audio/mpeg',
  'audio/ogg',
  'audio/wav',
  'audio/webm',
  'video/mp4',
  'video/ogg',
  'video/webm',
]);
/** In an `img` they show; opened by themselves they could run scripts, or need more than the policy allows. */
const DOWNLOADED = new Set(['image/svg+xml', 'application/pdf']);

/** `mime`: what the document calls it. */
export function storedType(mime: string): StoredType {
  const type = mime.toLowerCase().split(';')[0]?.trim() ?? '';
  if (SHOWN.has(type)) return { contentType: type, isShown: true };
  if (DOWNLOADED.has(type)) return { contentType: type, isShown: false };
  if (type === 'text/plain') return { contentType: 'text/plain; charset=utf-8', isShown: true };
  if (type === 'application/json' || /^application\/[\w.+-]+\+json$/.test(type)) {
    return { contentType: 'application/json; charset=utf-8', isShown: true };
  }
  return { contentType: 'application/octet-stream', isShown: false };
}
