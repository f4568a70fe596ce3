/**
 * `/api/contents`, written: PUT, PATCH and DELETE (wire.md §2). What is put in the place of a notebook that people have
 * open is merged with what they have, as any change of the file is; a notebook that is renamed keeps its room and its
 * history, and one that is deleted its room, as if another program had done it.
 */
import { Router } from 'express';
import { mkdir } from 'node:fs/promises';
import writeFileAtomic from 'write-file-atomic';
import { z } from 'zod';
import { readNotebook, writeNotebook } from '@cokernel/proto/notebook';
import type { RoomRegistry } from '../../room/room-registry.js';
import { type FolderEntry, PathError, type ServedFolder } from '../../room/served-folder.js';
import { HttpError } from '../http-error.js';
import { pathOf, readContents } from './contents.js';

const PutBody = z.discriminatedUnion('type', [
  z.object({ type: z.literal('notebook'), content: z.record(z.string(), z.unknown()) }),
  z.object({ type: z.literal('file'), format: z.enum(['text', 'base64']), content: z.string() }),
  z.object({ type: z.literal('directory') }),
]);
type PutBody = z.infer<typeof PutBody>;

const PatchBody = z.object({ path: z.string().min(1) });

export function contentsWriteRouter(folder: ServedFolder, rooms: RoomRegistry): Router {
  const router = Router();
  router.put('/contents/*path', async (request, response) => {
    const body = PutBody.safeParse(request.body);
    if (!body.success) throw new HttpError(400, 'a PUT has the type, and the content of a notebook, a text or base64');
    const relative = pathOf(request.params.path);
    const wasThere = await put(folder, rooms, relative, body.data);
    const model = await readContents(folder, relative, body.data.type === 'notebook');
    response.status(wasThere ? 200 : 201).json(model);
  });
  router.patch('/contents/*path', async (request, response) => {
    const body = PatchBody.safeParse(request.body);
    if (!body.success) throw new HttpError(400, 'a PATCH has the new path');
    const to = body.data.path.replace(/^\/+/, '');
    await rooms.moveFile(pathOf(request.params.path), to);
    response.json(await readContents(folder, to, false));
  });
  router.delete('/contents/*path', async (request, response) => {
    await folder.remove(pathOf(request.params.path));
    response.status(204).end();
  });
  return router;
}

/** Answers whether something stood there. */
async function put(folder: ServedFolder, rooms: RoomRegistry, relative: string, body: PutBody): Promise<boolean> {
  const existing = await resolved(folder, relative);
  if (existing !== null) refuseOtherKind(await folder.entry(relative), body.type);
  const absolute = existing ?? (await folder.resolveNew(relative));
  folder.mustBeOurs();
  switch (body.type) {
    case 'directory':
      await mkdir(absolute, { recursive: true });
      break;
    case 'file':
      await writeFileAtomic(absolute, Buffer.from(body.content, body.format === 'text' ? 'utf8' : 'base64'));
      break;
    case 'notebook':
      // Read by our reader first: what is no notebook is refused, and the file is as every program writes it.
      await putNotebook(rooms, absolute, writeNotebook(readNotebook(JSON.stringify(body.content)).notebook));
  }
  return existing !== null;
}

/** A folder is not replaced by a file, nor a file by a folder. */
function refuseOtherKind({ path, type }: FolderEntry, wanted: PutBody['type']): void {
  if ((type === 'directory') === (wanted === 'directory')) return;
  throw new PathError('taken', `there is a ${type === 'directory' ? 'folder' : 'file'} '${path}' already`);
}

async function putNotebook(rooms: RoomRegistry, absolute: string, text: string): Promise<void> {
  const open = await rooms.openedAt(absolute);
  if (open === null) return writeFileAtomic(absolute, text);
  await open.file.put(text);
  await open.room.saving.now();
}

async function resolved(folder: ServedFolder, relative: string): Promise<string | null> {
  try {
    return await folder.resolve(relative);
  } catch (error) {
    if (error instanceof PathError && error.code === 'missing') return null;
    throw error;
  }
}
