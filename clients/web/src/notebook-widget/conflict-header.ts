/**
 * At the top of a cell that has the file's version of another one, since a merge kept both: says of which, and lets a
 * person keep one of the two. Empty in any other cell. It stands there as soon as the cell does, so that nothing jumps.
 */
import type { CellId } from '@cokernel/proto/hub';
import { conflictOf, toJsonObject, type KeptVersion } from '@cokernel/proto/notebook';
import { Cell, CellHeader } from '@jupyterlab/cells';
import type { Widget } from '@lumino/widgets';
import { cellIdOf } from './cell-id.js';
import '../ui/link-button.css';
import './conflict-header.css';

export interface ConflictLinks {
  readonly mayEdit: () => boolean;
  /** Of the notebook, 0 being the top; -1: there is no such cell (any more). */
  readonly placeOf: (cellId: CellId) => number;
  readonly show: (cellId: CellId) => void;
  readonly settle: (conflict: CellId, kept: KeptVersion) => void;
  /** Called when another place, or another role, may change what is said. Returns what ends it. */
  readonly onChange: (draw: () => void) => () => void;
}

export class ConflictHeader extends CellHeader {
  readonly #links: ConflictLinks;
  #cell: Cell | null = null;
  #leaveCell: (() => void) | null = null;
  /** Listens to its surroundings only while there is a conflict: most cells never have one. */
  #leave: (() => void) | null = null;
  /** What is shown now, to leave the focus alone when nothing changed. */
  #shown = '';

  constructor(links: ConflictLinks) {
    super();
    this.#links = links;
  }

  protected override onAfterAttach(...[message]: Parameters<CellHeader['onAfterAttach']>): void {
    super.onAfterAttach(message);
    const { parent } = this;
    if (!isCell(parent) || this.#cell !== null) return;
    this.#cell = parent;
    const { metadataChanged } = parent.model;
    metadataChanged.connect(this.#draw, this);
    // A cell that goes has no model any more when its header goes with it.
    this.#leaveCell = () => metadataChanged.disconnect(this.#draw, this);
    this.#draw();
  }

  override dispose(): void {
    this.#leaveCell?.();
    this.#leaveCell = null;
    this.#cell = null;
    this.#listen(false);
    super.dispose();
  }

  #listen(isWanted: boolean): void {
    if (isWanted) this.#leave ??= this.#links.onChange(() => this.#draw());
    else {
      this.#leave?.();
      this.#leave = null;
    }
  }

  #draw(): void {
    const cell = this.#cell;
    if (cell === null || cell.isDisposed) return;
    const other = conflictOf(toJsonObject(cell.model.metadata));
    this.#listen(other !== null);
    const place = other === null ? -1 : this.#links.placeOf(other);
    const shown =
      other === null ? '' : [other, place, this.#links.placeOf(cellIdOf(cell)), this.#links.mayEdit()].join(' ');
    if (shown === this.#shown) return;
    this.#shown = shown;
    if (other === null) delete cell.node.dataset['conflict'];
    else cell.node.dataset['conflict'] = this.#isRightAbove(cell, place) ? 'above' : 'elsewhere';
    this.node.replaceChildren(...(other === null ? [] : [this.#bar(cell, other, place)]));
  }

  #isRightAbove(cell: Cell, place: number): boolean {
    return place >= 0 && place === this.#links.placeOf(cellIdOf(cell)) - 1;
  }

  #bar(cell: Cell, other: CellId, place: number): HTMLElement {
    const bar = element('div', 'ck-conflict', '');
    bar.role = 'group';
    bar.ariaLabel = 'Two versions of one cell';
    bar.append(this.#says(cell, other, place), ...(this.#links.mayEdit() ? this.#buttons(cell, place >= 0) : []));
    return bar;
  }

  #says(cell: Cell, other: CellId, place: number): HTMLElement {
    const text = element('span', 'ck-conflict-text', '');
    text.append(element('strong', '', 'The file’s version'));
    if (place < 0) {
      text.append(' of a cell that is gone here');
      return text;
    }
    const name = this.#isRightAbove(cell, place) ? 'the cell above' : `cell ${String(place + 1)}`;
    text.append(
      ' of ',
      button('ck-link-button', name, () => this.#links.show(other)),
      ', which was changed here too',
    );
    return text;
  }

  #buttons(cell: Cell, hasOther: boolean): readonly HTMLElement[] {
    const keep = (kept: KeptVersion) => () => this.#links.settle(cellIdOf(cell), kept);
    return [
      button('ck-button', 'Keep this', keep('this')),
      button('ck-button', hasOther ? 'Keep the other' : 'Delete this', keep('other')),
    ];
  }
}

function isCell(widget: Widget | null): widget is Cell {
  return widget instanceof Cell;
}

function element(name: string, className: string, textContent: string): HTMLElement {
  return Object.assign(document.createElement(name), { className, textContent });
}

function button(className: string, text: string, press: () => void): HTMLElement {
  const made = element('button', className, text);
  made.setAttribute('type', 'button');
  made.addEventListener('click', press);
  return made;
}
