/** `/api/contents`: the served folder, read; and a new notebook in it (wire.md §2). */
import type { Response } from 'express';
import { Router } from 'express';
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import { makeNotebook, parseJson, readNotebook, writeNotebook } from '@cokernel/proto/notebook';
import { contentHash } from '../../room/notebook-file.js';
import type { FolderEntry, ServedFolder } from '../../room/served-folder.js';
import { HttpError } from '../http-error.js';
import { jupyterTime } from './models.js';

const PostBody = z.object({ type: z.literal('notebook') });
/** A larger file is not sent as one JSON text. */
const MAX_FILE_BYTES = 64 * 1024 * 1024;

export function contentsRouter(folder: ServedFolder): Router {
  const router = Router();
  router.get('/contents{/*path}', async (request, response) => {
    const relative = pathOf(request.params.path);
    const model = await readContents(folder, relative, request.query['content'] !== '0');
    response.setHeader('Cache-Control', 'no-cache');
    response.json(model);
  });
  router.post('/contents{/*path}', async (request, response) => {
    if (!PostBody.safeParse(request.body).success) throw new HttpError(400, "only {type: 'notebook'} can be made here");
    await create(folder, pathOf(request.params.path), response);
  });
  return router;
}

/** Express gives the segments decoded. */
export function pathOf(segments: readonly string[] | string | undefined): string {
  return segments === undefined ? '' : typeof segments === 'string' ? segments : segments.join('/');
}

/** The Jupyter Server's model of what is at a path, with what is in it or without. */
export async function readContents(folder: ServedFolder, relative: string, withContent: boolean): Promise<object> {
  const entry = await folder.entry(relative);
  if (!withContent) return model(entry, null, null);
  switch (entry.type) {
    case 'directory':
      return model(
        entry,
        (await folder.list(relative)).map((child) => model(child, null, null)),
        'json',
      );
    case 'notebook':
      return readNotebookModel(entry, await fileText(folder, entry));
    case 'file':
      return readFileModel(entry, await bytesOf(folder, entry));
  }
}

function readNotebookModel(entry: FolderEntry, text: string): object {
  const content = text.trim() === '' ? writeNotebook(makeNotebook()) : text.replace(/^\ufeff/, '');
  // Read by our reader first, so that a broken file is named with its line.
  readNotebook(content);
  // As Python reads it, which writes NaN.
  return { ...model(entry, parseJson(content), 'json'), hash: contentHash(text), hash_algorithm: 'sha256' };
}

function readFileModel(entry: FolderEntry, bytes: Buffer): object {
  const text = utf8(bytes);
  return text === null ? model(entry, bytes.toString('base64'), 'base64') : model(entry, text, 'text');
}

async function bytesOf(folder: ServedFolder, entry: FolderEntry): Promise<Buffer> {
  if (entry.size > MAX_FILE_BYTES) throw new HttpError(413, `'${entry.path}' is too large to be sent as JSON`);
  return readFile(await folder.resolve(entry.path));
}

async function fileText(folder: ServedFolder, entry: FolderEntry): Promise<string> {
  return (await bytesOf(folder, entry)).toString('utf8');
}

function utf8(bytes: Buffer): string | null {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return null;
  }
}

async function create(folder: ServedFolder, directory: string, response: Response): Promise<void> {
  const absolute = await folder.resolveFolder(directory);
  for (let n = 0; ; n += 1) {
    const name = n === 0 ? 'Untitled.ipynb' : `Untitled${String(n)}.ipynb`;
    folder.mustBeOurs();
    const made = await writeFile(path.join(absolute, name), writeNotebook(makeNotebook()), { flag: 'wx' }).then(
      () => true,
      (error: unknown) => {
        if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false;
        throw error;
      },
    );
    if (!made) continue;
    const entry = await folder.entry(path.posix.join(directory, name));
    response
      .status(201)
      .location(`/api/contents/${entry.path}`)
      .json(model(entry, null, null));
    return;
  }
}

function model(entry: FolderEntry, content: unknown, format: string | null): object {
  const time = jupyterTime(entry.modified);
  const { name, path: relative, type, size } = entry;
  const mimetype = type === 'file' && format === 'text' ? 'text/plain' : null;
  return {
    name,
    path: relative,
    type,
    writable: true,
    created: time,
    last_modified: time,
    mimetype,
    content,
    format,
    size,
  };
}
