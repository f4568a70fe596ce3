/** A file as a fresh document: read, parsed, what is too large taken outside, and made a Yjs update. */
import { createHash } from 'node:crypto';
import { statSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import * as Y from 'yjs';
import { ContentHash } from '@cokernel/proto/hub';
import {
  DEFAULT_OUTSIDE,
  fillDocument,
  makeNotebook,
  mergeBase,
  readNotebook,
  storedReferences,
  takeOutside,
  type Notebook,
  type NotebookReading,
  type Outside,
} from '@cokernel/proto/notebook';
import { encodeBase } from '../room/disk-base.js';
import { documentHash } from '../room/document-hash.js';
import { contentHash, isMissing } from '../room/notebook-file.js';
import { outputPath } from '../storage/outputs/output-paths.js';
import type { Ask, ReadJob, ReadResult, WorkerSettings } from './jobs.js';

/** Throws `NotebookFormatError`. */
export async function readNotebookFile(job: ReadJob, settings: WorkerSettings, ask: Ask): Promise<ReadResult> {
  const file = await readIfThere(job.absolute);
  const blobs = new Map<ContentHash, Uint8Array>();
  const { notebook: whole, notices: notKept } = readingOf(file);
  const notebook = takeOutside(whole, DEFAULT_OUTSIDE, outsideOf(settings, blobs));
  for (const [hash, bytes] of blobs) {
    blobs.delete(hash);
    await ask({ kind: 'put', bytes });
  }
  const doc = documentOf(notebook, job.clientId);
  const base = encodeBase(mergeBase(notebook));
  const saved = { fileHash: file === null ? null : contentHash(file), documentHash: documentHash(doc), base };
  return { saved, state: Y.encodeStateAsUpdate(doc), notKept, outside: storedReferences(notebook.cells) };
}

function readingOf(file: Uint8Array | null): NotebookReading {
  return file === null || isBlank(file) ? { notebook: makeNotebook(), notices: [] } : readNotebook(file);
}

const SPACES: Uint8Array = new TextEncoder().encode('\t\n\r ');

function isBlank(file: Uint8Array): boolean {
  return file.every((byte) => SPACES.includes(byte));
}

function outsideOf({ outputsFolder }: WorkerSettings, blobs: Map<ContentHash, Uint8Array>): Outside {
  return {
    put: (bytes) => {
      const hash = ContentHash.parse(createHash('sha256').update(bytes).digest('hex'));
      blobs.set(hash, bytes);
      return hash;
    },
    sizeOf: (hash) => statSync(outputPath(outputsFolder, hash), { throwIfNoEntry: false })?.size ?? null,
  };
}

function documentOf(notebook: Notebook, clientId: number): Y.Doc {
  const doc = new Y.Doc();
  doc.clientID = clientId;
  fillDocument(doc, notebook);
  return doc;
}

async function readIfThere(absolute: string): Promise<Uint8Array | null> {
  try {
    return await readFile(absolute);
  } catch (error) {
    if (isMissing(error)) return null;
    throw error;
  }
}
