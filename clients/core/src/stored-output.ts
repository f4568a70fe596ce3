/** What a notebook's document has no room for, read from the hub: whole, in part, or searched. */
import { TextSearchResult } from '@cokernel/proto/hub';
import type { ContentHash, FileId, TextId } from '@cokernel/proto/hub';
import type { StoredText } from '@cokernel/proto/notebook';
import type { HubAddress } from './hub-address.js';
import { baseUrl } from './hub-address.js';
import { HubError } from './hub-error.js';
import type { Rest } from './rest.js';

/** An output by its hash; or a text by its id, as far as it has come. */
export type StoredName = { readonly fileId: FileId } & ({ readonly sha256: ContentHash } | { readonly textId: TextId });

/** By its hash once it is complete: what is complete never changes, and may have got another id since. */
export function nameOfText(fileId: FileId, { id, sha256 }: StoredText): StoredName {
  return sha256 === null ? { fileId, textId: id } : { fileId, sha256 };
}

export interface ReadStored {
  /** Bytes from `start` to `end` (exclusive; default: the end), or the last ones. Default: all. */
  readonly range?: { readonly start: number; readonly end?: number } | { readonly last: number };
  readonly signal?: AbortSignal;
}

export interface StoredPart {
  /** The first byte of it, and the size of the whole as it is now. */
  readonly start: number;
  readonly size: number;
  /** Its body is this part: read it as bytes, as text or as a stream. */
  readonly response: Response;
}

export interface SearchStored {
  /** Compared as they are, within lines. */
  readonly words: string;
  /** The first byte that counts: `next` of the result before. */
  readonly from?: number;
  /** How many matches at most (default 100, at most 1,000). */
  readonly limit?: number;
  readonly signal?: AbortSignal;
}

export interface StoredUrl {
  /** The MIME type that it has in the document. */
  readonly type?: string;
  /** The name of the file that it is saved as. */
  readonly download?: string;
}

/** Rejects with HubError: status 404 when it is not kept any more, 416 when there is no such byte (yet). */
export async function readStoredOutput(rest: Rest, name: StoredName, read: ReadStored = {}): Promise<StoredPart> {
  const path = storedPath(name);
  const { range, signal } = read;
  const response = await rest.send({
    method: 'GET',
    path,
    ...(range === undefined ? {} : { headers: { Range: rangeHeader(range) } }),
    ...(signal === undefined ? {} : { signal }),
  });
  if (response.status === 200) return { start: 0, size: lengthOf(response, path), response };
  const [, start, size] = /^bytes (\d+)-\d+\/(\d+)$/.exec(response.headers.get('Content-Range') ?? '') ?? [];
  if (start === undefined || size === undefined) throw badAnswer(response, path);
  return { start: Number(start), size: Number(size), response };
}

/** One page of matches. Rejects with HubError. */
export function searchText(rest: Rest, name: StoredName, search: SearchStored): Promise<TextSearchResult> {
  const { words, from, limit, signal } = search;
  const query = new URLSearchParams({ search: words });
  if (from !== undefined) query.set('from', String(from));
  if (limit !== undefined) query.set('limit', String(limit));
  const path = `${storedPath(name)}?${query.toString()}`;
  return rest.json({ method: 'GET', path, ...(signal === undefined ? {} : { signal }) }, TextSearchResult);
}

/** For an `img` or a link. Without a token in the address (in the page) the cookie authenticates. */
export function storedOutputUrl(address: HubAddress, name: StoredName, { type, download }: StoredUrl = {}): string {
  const query = new URLSearchParams();
  if (type !== undefined) query.set('type', type);
  if (download !== undefined) query.set('download', download);
  if (address.token !== undefined) query.set('token', address.token);
  const url = baseUrl(address) + storedPath(name);
  return query.size === 0 ? url : `${url}?${query.toString()}`;
}

function storedPath(name: StoredName): string {
  const notebook = `/api/hub/notebooks/${encodeURIComponent(name.fileId)}`;
  return 'sha256' in name ? `${notebook}/outputs/${name.sha256}` : `${notebook}/texts/${name.textId}`;
}

function rangeHeader(range: NonNullable<ReadStored['range']>): string {
  if ('last' in range) return `bytes=-${String(range.last)}`;
  return `bytes=${String(range.start)}-${range.end === undefined ? '' : String(range.end - 1)}`;
}

function lengthOf(response: Response, path: string): number {
  const length = response.headers.get('Content-Length');
  if (length === null) throw badAnswer(response, path);
  return Number(length);
}

function badAnswer(response: Response, path: string): HubError {
  return new HubError('badAnswer', `GET ${path}: not a hub's answer: how much there is`, response.status);
}
