/** A notebook's document as the hub has it and as clients have it, without sockets: who sends when is the test's choice. */
import type { CellId } from '@cokernel/proto/hub';
import { cellsArray, findCell, insertCell, readDocument, sourceText } from '@cokernel/proto/notebook';
import * as Y from 'yjs';
import { MovedCells } from '../../src/room/moved/moved-cells.js';

/** A client: what it does goes out when `sync` is called; what others did comes in then too. */
export class ClientCopy {
  readonly doc = new Y.Doc();
  private outgoing: Uint8Array[] = [];

  constructor(private readonly hub: HubCopy) {
    Y.applyUpdate(this.doc, Y.encodeStateAsUpdate(hub.doc), 'hub');
    this.doc.on('update', (update: Uint8Array, origin: unknown) => {
      if (origin !== 'hub') this.outgoing.push(update);
    });
  }

  text(id: CellId): Y.Text {
    const cell = findCell(this.doc, id);
    const text = cell === null ? null : sourceText(cell);
    if (text === null) throw new Error(`no text of ${id}`);
    return text;
  }

  type(id: CellId, offset: number, typed: string): void {
    this.text(id).insert(offset, typed);
  }

  /** As one who is online: update by update. */
  send(): void {
    for (const update of this.outgoing.splice(0)) this.hub.receive(update);
  }

  /** As one who comes back: the difference, with all it knows to be deleted. */
  comeBack(): void {
    this.outgoing = [];
    this.hub.receive(Y.encodeStateAsUpdate(this.doc, Y.encodeStateVector(this.hub.doc)));
  }

  take(): void {
    Y.applyUpdate(this.doc, Y.encodeStateAsUpdate(this.hub.doc, Y.encodeStateVector(this.doc)), 'hub');
  }
}

export class HubCopy {
  doc = new Y.Doc();
  now = 0;
  private remembered: string | null = null;
  private moved = this.followMoves();

  /** As a hub that was killed, and the next one: it has what was stored. */
  restart(): void {
    const doc = new Y.Doc();
    Y.applyUpdate(doc, Y.encodeStateAsUpdate(this.doc));
    this.doc = doc;
    this.moved = this.followMoves();
  }

  receive(update: Uint8Array): boolean {
    return this.doc.transact((transaction) => {
      Y.applyUpdate(this.doc, update);
      const wrote = this.moved.follow(transaction, update);
      if (wrote) transaction.local = true;
      this.remember();
      return wrote;
    });
  }

  write(change: () => void): void {
    this.doc.transact((transaction) => {
      change();
      this.moved.follow(transaction, null);
      this.remember();
    });
  }

  private followMoves(): MovedCells {
    return new MovedCells({ doc: this.doc, keptMs: 1000, now: () => this.now, remembered: this.remembered });
  }

  private remember(): void {
    if (this.moved.isNew) this.remembered = this.moved.remember();
  }

  get sources(): Record<string, string> {
    return Object.fromEntries(readDocument(this.doc).cells.map(({ id, source }) => [id, source]));
  }

  get order(): string {
    return readDocument(this.doc)
      .cells.map(({ id }) => id)
      .join('');
  }
}

/** As JupyterLab moves: a cell made anew from its JSON, in one transaction. */
export function moveAsStock(doc: Y.Doc, id: CellId, to: number): void {
  doc.transact(() => {
    const cells = cellsArray(doc);
    const from = readDocument(doc).cells.findIndex((cell) => cell.id === id);
    const cell = readDocument(doc).cells[from];
    if (cell === undefined) return;
    cells.delete(from, 1);
    insertCell(doc, to, cell);
  });
}
