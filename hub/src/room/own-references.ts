/**
 * Of what a document names in the output store, what its notebook may have. A text's id can be guessed by who knows the
 * run, a hash only by who knows the bytes: so a hash counts whoever wrote it into the document, and a text only when the
 * hub itself has referred to it for this notebook.
 */
import { ContentHash, type FileId, type TextId } from '@cokernel/proto/hub';
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
