/**
 * Somebody who edits a notebook at random: writes words that nobody else writes, each in a line of its own, takes back
 * some of them, moves cells and adds some, connected or not; and knows which words must be there in the end.
 */
import { CellId } from '@cokernel/proto/hub';
import { allCells, appendCell, cellId, makeCodeCell, sourceText, type YCell } from '@cokernel/proto/notebook';
import * as Y from 'yjs';
import type { Random } from '../harness/random.js';
import type { Visitor } from './visitor.js';

interface Word {
  readonly text: string;
  /** The state vector has it when it says more than this of the client. */
  readonly client: number;
  readonly clock: number;
}

export class Writer {
  private readonly words = new Map<string, Word>();
  private count = 0;
  private stored = new Map<number, number>();
  private readonly stopListening: () => void;

  constructor(
    readonly visitor: Visitor,
    private readonly random: Random,
    /** In each of its words. */
    private readonly mark: string,
  ) {
    this.stopListening = visitor.room.onEvent((event) => {
      if (event.event === 'stored') this.stored = Y.decodeStateVector(Buffer.from(event.stateVector, 'base64'));
    });
  }

  /** What it wrote and did not take back. */
  get written(): readonly string[] {
    return [...this.words.keys()];
  }

  /** Those of them that the hub has said to be stored. */
  get acknowledged(): readonly string[] {
    return [...this.words.values()]
      .filter(({ client, clock }) => (this.stored.get(client) ?? 0) > clock)
      .map(({ text }) => text);
  }

  /** One edit. */
  edit(): void {
    const dice = this.random.between(1, 20);
    if (dice === 1) this.addCell();
    else if (dice <= 3) this.takeBack();
    else this.write();
  }

  /** Asks the hub to move a cell; a hub that is away moves none. */
  async move(): Promise<void> {
    const cells = allCells(this.doc).flatMap((cell) => cellId(cell) ?? []);
    const [cell, before] = [this.any(cells), this.any(cells)];
    if (cell === null || before === null || cell === before) return;
    await this.visitor.room.call('moveCell', { cellId: cell, before }).catch(() => undefined);
  }

  stop(): void {
    this.stopListening();
  }

  private get doc(): Y.Doc {
    const { document } = this.visitor.room;
    if (document === null) throw new Error(`${this.visitor.name} has no document`);
    return document.doc;
  }

  private write(): void {
    const text = this.anyText();
    if (text === null) return;
    const lines = text.toString().split('\n');
    const line = this.random.between(0, lines.length - 1);
    const at = lines.slice(0, line).reduce((sum, { length }) => sum + length + 1, 0);
    const word = this.newWord();
    text.insert(at, `${word}\n`);
    this.note(word);
  }

  private addCell(): void {
    const word = this.newWord();
    const id = CellId.parse(`cell-${word}`);
    appendCell(this.doc, { ...makeCodeCell(`${word}\n`), id });
    this.note(word);
  }

  private takeBack(): void {
    const word = this.any(this.written);
    if (word === null) return;
    for (const cell of allCells(this.doc)) {
      const text = sourceText(cell);
      const at = text?.toString().indexOf(`${word}\n`) ?? -1;
      if (text === null || at === -1) continue;
      text.delete(at, word.length + 1);
      this.words.delete(word);
      return;
    }
  }

  private note(word: string): void {
    const { clientID } = this.doc;
    const clock = Y.getState(this.doc.store, clientID) - 1;
    this.words.set(word, { text: word, client: clientID, clock });
  }

  private newWord(): string {
    this.count += 1;
    return `${this.mark}w${String(this.count)}`;
  }

  private anyText(): Y.Text | null {
    const cell: YCell | null = this.any(allCells(this.doc));
    return cell === null ? null : sourceText(cell);
  }

  private any<T>(choices: readonly T[]): T | null {
    return choices[this.random.between(0, choices.length - 1)] ?? null;
  }
}
