/**
 * `/api/hub/notebooks/<fileId>/outputs/<sha256>` and `…/texts/<textId>`: what a notebook's document has no room for, whole,
 * in part, or searched; to nobody but who asks for a notebook that refers to it.
 */
import type { Request, Response } from 'express';
import { Router } from 'express';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { z } from 'zod';
import { ContentHash, FileId, TextId } from '@cokernel/proto/hub';
import type { ByteRange, OutputStore, StoredBytes } from '../../run/output-store.js';
import { searchText } from '../../run/search-text.js';
import { readRange } from '../byte-range.js';
import { HttpError } from '../http-error.js';
import { STORED_POLICY, storedType } from '../stored-type.js';

/** What is asked for, as it is now. */
interface Found {
  readonly stored: StoredBytes;
  readonly etag: string;
  /** Its bytes never change. */
  readonly isComplete: boolean;
  /** When the request does not say. */
  readonly type: string;
}

const Search = z.object({
  search: z
    .string()
    .min(1)
    .max(1_000)
    .refine((words) => !words.includes('\n'), 'is looked for within lines'),
  from: z.coerce.number().int().nonnegative().default(0),
  limit: z.coerce.number().int().min(1).max(1_000).default(100),
});

export function outputRouter(outputs: OutputStore): Router {
  const router = Router();
  router.get('/hub/notebooks/:fileId/outputs/:sha256', async (request, response) => {
    const hash = ContentHash.safeParse(request.params.sha256).data;
    const stored = await referred(outputs, request.params.fileId, hash, (target) => outputs.get(target));
    const type = 'application/octet-stream';
    await answer(request, response, { stored, etag: `"${hash ?? ''}"`, isComplete: true, type });
  });
  router.get('/hub/notebooks/:fileId/texts/:textId', async (request, response) => {
    const id = TextId.safeParse(request.params.textId).data;
    const stored = await referred(outputs, request.params.fileId, id, (target) => outputs.text(target));
    // It may still grow, and its last words be taken back: the same size is the same text as far as anybody can tell.
    const etag = `W/"${String(stored.size)}"`;
    await answer(request, response, { stored, etag, isComplete: false, type: 'text/plain' });
  });
  return router;
}

async function referred<T extends ContentHash | TextId>(
  outputs: OutputStore,
  file: string,
  target: T | undefined,
  find: (target: T) => Promise<StoredBytes | null>,
): Promise<StoredBytes> {
  const fileId = FileId.safeParse(file).data;
  const isReferred = fileId !== undefined && target !== undefined && (await outputs.isReferred(fileId, target));
  const stored = isReferred ? await find(target) : null;
  if (stored === null) throw new HttpError(404, 'this notebook refers to no such output, or it is not kept any more');
  return stored;
}

async function answer(request: Request, response: Response, found: Found): Promise<void> {
  if (request.query['search'] !== undefined) return sendMatches(request, response, found);
  const { size } = found.stored;
  const range = readRange(wantsRange(request, found) ? request.headers.range : undefined, size);
  if (isKnown(request, found)) {
    sayWhatItIs(request, response, found);
    response.status(304).end();
  } else if (range === 'unsatisfiable') {
    response.setHeader('Content-Range', `bytes */${String(size)}`);
    throw new HttpError(416, `there are ${String(size)} bytes`);
  } else {
    sayWhatItIs(request, response, found);
    await send(request, response, found.stored, range);
  }
}

async function send(request: Request, response: Response, stored: StoredBytes, range: ByteRange | null): Promise<void> {
  const { start, end } = range ?? { start: 0, end: stored.size };
  if (range !== null) {
    response.status(206);
    response.setHeader('Content-Range', `bytes ${String(start)}-${String(end - 1)}/${String(stored.size)}`);
  }
  response.setHeader('Content-Length', end - start);
  if (request.method === 'HEAD') {
    response.end();
    return;
  }
  await pipeline(Readable.from(stored.read({ start, end })), response).catch((error: unknown) => {
    if (!isGone(error)) throw error;
  });
}

function sayWhatItIs(request: Request, response: Response, { etag, isComplete, type }: Found): void {
  const { contentType, isShown } = storedType(textIn(request.query['type']) ?? type);
  const download = textIn(request.query['download']);
  if (download !== null) response.attachment(download);
  else if (!isShown) response.attachment();
  response.setHeader('Content-Type', contentType);
  response.setHeader('Content-Security-Policy', STORED_POLICY);
  response.setHeader('ETag', etag);
  response.setHeader('Accept-Ranges', 'bytes');
  response.setHeader('Cache-Control', isComplete ? 'private, max-age=604800, immutable' : 'private, no-cache');
}

function isKnown({ headers }: Request, { etag }: Found): boolean {
  const known = headers['if-none-match']?.split(',').map((one) => weak(one.trim())) ?? [];
  return known.includes('*') || known.includes(weak(etag));
}

/** A part is of no use to who has the other parts of something else; and what is weak is never the same for sure. */
function wantsRange({ headers }: Request, { etag }: Found): boolean {
  const condition = headers['if-range'];
  return condition === undefined || (condition === etag && !etag.startsWith('W/'));
}

async function sendMatches(request: Request, response: Response, { stored }: Found): Promise<void> {
  const asked = Search.safeParse(request.query);
  if (!asked.success) throw new HttpError(400, `the search is not as expected: ${z.prettifyError(asked.error)}`);
  const leaving = new AbortController();
  response.on('close', () => leaving.abort());
  const { search: words, from, limit } = asked.data;
  const result = await searchText(stored, { words, from, limit }, leaving.signal);
  response.setHeader('Cache-Control', 'private, no-cache');
  response.json(result);
}

function weak(etag: string): string {
  return etag.replace(/^W\//, '');
}

/** Who asked has left before all was sent. */
function isGone(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ERR_STREAM_PREMATURE_CLOSE';
}

function textIn(value: unknown): string | null {
  return typeof value === 'string' ? value : null;
}
