/**
 * Snapshots of one document that share what has not changed (C7): a cell that nobody has touched is the same object in the
 * next one, and so is the whole notebook. Each costs what was changed since the last, and who compares two of them looks
 * at few cells. What is read is frozen, as by `readDocument`.
 */
import type * as Y from 'yjs';
import type { Cell, Notebook } from './nbformat.js';
import { allCells, cellId, metaOf, namelessId, readCell, readHead, type NotebookHead } from './y-notebook.js';

/** Any part of a document, as far as it matters here: what it is in. */
interface Part {
  readonly parent: Part | null;
}

export class NotebookSnapshots {
  /** By the cell of the document. */
  private cells = new WeakMap<Part, Cell>();
  private head: NotebookHead | null = null;
  private last: Notebook | null = null;
  private isFollowing = false;

  constructor(private readonly doc: Y.Doc) {}

  /** From now on it follows the document; until then, and after `stop`, each snapshot is read as a whole. */
  start(): void {
    this.forgetAll();
    this.isFollowing = true;
    this.doc.on('beforeObserverCalls', this.forget);
  }

  /** Follows it no more. Can be called twice. */
  stop(): void {
    this.isFollowing = false;
    this.doc.off('beforeObserverCalls', this.forget);
  }

  /** The document as it is now, also in the middle of a transaction. */
  now(): Notebook {
    if (!this.isFollowing) this.forgetAll();
    else if (this.doc._transaction !== null) this.forget(this.doc._transaction);
    const { last } = this;
    const head = (this.head ??= readHead(this.doc));
    const cells = allCells(this.doc).map((cell, index) => {
      const nameless = namelessId(index);
      const known = this.cells.get(cell);
      if (known !== undefined && (known.id === nameless || cellId(cell) !== null)) return known;
      const read = readCell(cell, nameless);
      this.cells.set(cell, read);
      return read;
    });
    if (last !== null && this.isOf(last, head, cells)) return last;
    this.last = Object.freeze({ ...head, cells: Object.freeze(cells) });
    return this.last;
  }

  private isOf(former: Notebook, head: NotebookHead, cells: readonly Cell[]): boolean {
    const isSame = former.cells.length === cells.length && cells.every((cell, index) => cell === former.cells[index]);
    return isSame && former.metadata === head.metadata && former.nbformat_minor === head.nbformat_minor;
  }

  private forgetAll(): void {
    this.cells = new WeakMap();
    this.head = null;
  }

  /** What was changed, and all that it is in. */
  private readonly forget = ({ changed }: Y.Transaction): void => {
    for (const type of changed.keys()) {
      for (let around: Part | null = type; around !== null; around = around.parent) {
        this.cells.delete(around);
        if (around === metaOf(this.doc)) this.head = null;
      }
    }
  };
}
