/**
 * Keeps each cell's badge and its `data-cell-id` and `data-run-state` up to date while a room and its cells change.
 * Redraws once a burst of changes.
 */
import { CallError, type Room } from '@cokernel/core';
import { sourceHash, type RunId } from '@cokernel/proto/hub';
import type { Cell } from '@jupyterlab/cells';
import { toast } from 'sonner';
import { nowAndThen } from '../now-and-then.js';
import { cellIdOf } from './cell-id.js';
import { runIndex, runMark, type RunMark } from './run-mark.js';
import './run-marks.css';

interface MarkedCell {
  readonly cell: Cell;
  readonly badge: HTMLElement;
  /** What the badge shows now, to leave the page alone when nothing changed. */
  shown: string;
}

export class RunMarks {
  readonly #room: Room;
  readonly #cells = new Set<MarkedCell>();
  #unsubscribe: (() => void) | null = null;
  readonly #drawing = nowAndThen(() => this.#drawAll());

  constructor(room: Room) {
    this.#room = room;
  }

  start(): void {
    this.#unsubscribe = this.#room.subscribe(this.#drawing.ask);
    this.#drawing.ask();
  }

  stop(): void {
    this.#unsubscribe?.();
    this.#unsubscribe = null;
    this.#drawing.cancel();
    this.#cells.clear();
  }

  /** Marks a cell until it leaves the notebook. */
  add(cell: Cell): void {
    const badge = document.createElement('div');
    badge.className = 'ck-run-mark';
    badge.hidden = true;
    cell.node.dataset['cellId'] = cell.model.id;
    cell.node.append(badge);
    const marked: MarkedCell = { cell, badge, shown: '' };
    this.#cells.add(marked);
    cell.model.contentChanged.connect(this.#drawing.ask);
    cell.model.metadataChanged.connect(this.#drawing.ask);
    cell.disposed.connect(() => this.#cells.delete(marked));
    this.#drawing.ask();
  }

  #drawAll(): void {
    const { queue, runs, prompt, you, fileId } = this.#room.state;
    const index = runIndex(queue, runs, prompt, you, fileId);
    for (const marked of this.#cells) {
      const { model } = marked.cell;
      if (marked.cell.isDisposed || model.type !== 'code') continue;
      const hash = (): string => sourceHash(model.sharedModel.getSource());
      this.#draw(marked, runMark(index, cellIdOf(marked.cell), model.metadata, hash));
    }
  }

  #draw(marked: MarkedCell, mark: RunMark): void {
    const next = JSON.stringify(mark);
    if (marked.shown === next) return;
    marked.shown = next;
    marked.cell.node.dataset['runState'] = mark.state;
    marked.badge.hidden = mark.parts.length === 0;
    marked.badge.replaceChildren(...this.#contents(mark));
  }

  #contents(mark: RunMark): HTMLElement[] {
    const parts = mark.parts.map((text) => Object.assign(document.createElement('span'), { textContent: text }));
    if (mark.changedSince) {
      const changed = Object.assign(document.createElement('span'), { textContent: 'changed since' });
      changed.className = 'ck-changed';
      changed.title = 'The text that runs is the one from when Run was pressed';
      parts.push(changed);
    }
    return mark.cancellable === null ? parts : [...parts, this.#cancelButton(mark.cancellable)];
  }

  #cancelButton(runId: RunId): HTMLButtonElement {
    const button = Object.assign(document.createElement('button'), { type: 'button', textContent: '×' });
    button.ariaLabel = 'Withdraw this run';
    button.title = 'Withdraw this run';
    button.addEventListener('click', () => {
      this.#room.call('cancel', { runIds: [runId] }).catch((error: unknown) => {
        toast.error(error instanceof CallError ? error.message : String(error));
      });
    });
    return button;
  }
}
