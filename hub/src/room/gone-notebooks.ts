/**
 * Notebooks whose files are nowhere in the served folder: since when that is so is kept in the index, and what has been gone
 * for long is forgotten. A file that comes back later is a notebook of its own, made from what it says.
 */
import path from 'node:path';
import type { FileId } from '@cokernel/proto/hub';
import type { FileIndex, IndexedNotebook } from './file-index.js';
import { type FileIdentity, notebooksBelow } from './moved-file.js';
import { isThere } from './notebook-file.js';

export interface GoneNotebooksOptions {
  readonly root: string;
  readonly index: FileIndex;
  /** Somebody has it open: it is written again when they edit it. */
  readonly isOpen: (fileId: FileId) => boolean;
  readonly clock: () => Date;
}

export class GoneNotebooks {
  constructor(private readonly options: GoneNotebooksOptions) {}

  /** Looks for all files, and forgets the notebooks whose files have been gone since before then. */
  async forget(goneBefore: Date): Promise<void> {
    const { root, index, isOpen, clock } = this.options;
    const there = new Set<FileIdentity>();
    for await (const [, identity] of notebooksBelow(root)) there.add(identity);
    const forgotten: FileId[] = [];
    for (const notebook of index.all()) {
      const { fileId, goneSince } = notebook;
      const isBack = isOpen(fileId) || isAmong(there, notebook) || (await this.hasItsPlace(notebook));
      if (isBack) await index.gone(fileId, null);
      else if (goneSince === null) await index.gone(fileId, clock().toISOString());
      else if (new Date(goneSince) < goneBefore) forgotten.push(fileId);
    }
    // One that was opened meanwhile has its file back.
    const stillGone = forgotten.filter((fileId) => !isOpen(fileId));
    if (stillGone.length > 0) await index.forget(stillGone);
  }

  private async hasItsPlace(notebook: IndexedNotebook): Promise<boolean> {
    return notebook.path !== null && isThere(path.join(this.options.root, notebook.path));
  }
}

/** Moved and not asked for since. */
function isAmong(there: ReadonlySet<FileIdentity>, { traits }: IndexedNotebook): boolean {
  return traits.some(({ identity }) => identity !== null && there.has(identity));
}
