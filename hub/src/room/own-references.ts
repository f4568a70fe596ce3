/**
 * Of what a document names in the output store, what its notebook may have. A text's id can be guessed by who knows the
 * run, a hash only by who knows the bytes: so a hash counts whoever wrote it into the document, and a text only when the
 * hub itself has referred to it for this notebook.
 */
import { ContentHash, type FileId, type TextId } from '@cokernel/proto/hub';
import { allCells, outputsOf, storedTextOf } from '@cokernel/proto/notebook';
import type * as Y from 'yjs';
import type { OutputStore } from '../run/output-store.js';

export async function ownReferences(
  outputs: Pick<OutputStore, 'isReferred'>,
  fileId: FileId,
  named: readonly (ContentHash | TextId)[],
): Promise<readonly (ContentHash | TextId)[]> {
  const isOwn = await Promise.all(
    named.map(async (name) => ContentHash.safeParse(name).success || (await outputs.isReferred(fileId, name))),
  );
  return named.filter((_, index) => isOwn[index]);
}

/** Of the texts that a document names by their ids alone, those that its notebook may not have. */
export async function foreignTexts(
  outputs: Pick<OutputStore, 'isReferred'>,
  fileId: FileId,
  doc: Y.Doc,
): Promise<readonly TextId[]> {
  const texts = allCells(doc).flatMap((cell) => (outputsOf(cell)?.toArray() ?? []).map(storedTextOf));
  const growing = texts.flatMap((text) => (text?.sha256 === null ? [text.id] : []));
  const own = new Set<string>(await ownReferences(outputs, fileId, growing));
  return growing.filter((id) => !own.has(id));
}
