/**
 * A document as its file: written piece by piece beside it, synced, and put in its place in one step, unless somebody else
 * has written the file since. At no moment is there half a file.
 */
import { readFile, realpath } from 'node:fs/promises';
import path from 'node:path';
import * as Y from 'yjs';
import { cellsArray, mergeBase, metaOf, notebookPieces, readDocument, type Notebook } from '@cokernel/proto/notebook';
import { messageOf } from '../errors.js';
import { encodeBase } from '../room/disk-base.js';
import { notebookHash } from '../room/document-hash.js';
import { identityOf } from '../room/moved-file.js';
import { hashOfFile, isMissing, isThere } from '../room/notebook-file.js';
import type { SavedState, WriteOutcome } from '../room/notebook-files.js';
import { Draft } from './draft.js';
import type { Ask, WorkerSettings, WriteJob } from './jobs.js';
import { WholeOutputs } from './whole-outputs.js';

export async function writeNotebookFile(job: WriteJob, settings: WorkerSettings, ask: Ask): Promise<WriteOutcome> {
  const notebook = notebookOf(job.state);
  const documentHash = notebookHash(notebook);
  if (documentHash === job.saved.documentHash) return { outcome: 'unchanged' };
  try {
    return await replaceFile(notebook, documentHash, job, settings, ask);
  } catch (error) {
    throw new Error(reasonOf(error, job.absolute), { cause: error });
  }
}

function notebookOf(state: Uint8Array): Notebook {
  const doc = new Y.Doc();
  Y.applyUpdate(doc, state);
  // X1: what has no content at all is no notebook, and must not take one's place.
  if (cellsArray(doc).length === 0 && metaOf(doc).size === 0) throw new Error('the document is empty');
  return readDocument(doc);
}

async function replaceFile(
  notebook: Notebook,
  documentHash: string,
  { absolute, saved, withheld = [] }: WriteJob,
  settings: WorkerSettings,
  ask: Ask,
): Promise<WriteOutcome> {
  const target = await realpath(absolute).catch(() => absolute);
  const draft = await Draft.begin(target, settings.outputsFolder, settings.writer);
  return draft.orRemove(async () => {
    const isWithheld = new Set<string>(withheld);
    const outputs = new WholeOutputs(
      settings,
      () => draft.size,
      (name) => !isWithheld.has(name),
    );
    const former = await formerText(target);
    for await (const piece of notebookPieces(notebook, (output) => outputs.inFile(output), former)) {
      await draft.write(piece);
    }
    const base = encodeBase(mergeBase(notebook));
    const own: SavedState = { fileHash: await draft.finish(), documentHash, base };
    await ask({ kind: 'draft', draft: { saved: own, file: draft.file, identity: await identityOf(draft.file) } });
    try {
      const onDisk = await hashOfFile(target);
      if (onDisk === own.fileHash || !isForeign(onDisk, saved)) {
        await draft.replace();
        return { outcome: 'written', saved: own };
      }
      await withdraw(draft, ask);
      await draft.remove();
      return { outcome: 'foreign', fileHash: onDisk };
    } catch (error) {
      await withdraw(draft, ask);
      throw error;
    }
  });
}

/** Before it is removed: that it lies there is how a hub that starts anew knows that it did not take the place. */
async function withdraw(draft: Draft, ask: Ask): Promise<void> {
  if (await isThere(draft.file)) await ask({ kind: 'draft', draft: null });
}

function isForeign(onDisk: string | null, saved: SavedState): onDisk is string {
  return onDisk !== null && saved.fileHash !== null && onDisk !== saved.fileHash;
}

/** The text that is replaced: numbers keep the spelling that they have in it. */
async function formerText(target: string): Promise<string> {
  try {
    return await readFile(target, 'utf8');
  } catch (error) {
    if (isMissing(error)) return '';
    throw error;
  }
}

const REASONS: Readonly<Record<string, string>> = {
  ENOSPC: 'the disk is full',
  EDQUOT: 'the disk quota is used up',
  EFBIG: 'the file would be larger than files may be here',
  EACCES: 'the folder may not be written to',
  EPERM: 'the folder may not be written to',
  EROFS: 'the disk is read-only',
  ENOENT: 'its folder is gone',
  ENOTDIR: 'its folder is gone',
  EIO: 'the disk has failed',
};

/** For people. */
function reasonOf(error: unknown, absolute: string): string {
  const code = typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : '';
  const reason = REASONS[code];
  return reason === undefined ? messageOf(error) : `${reason} (${path.dirname(absolute)})`;
}
