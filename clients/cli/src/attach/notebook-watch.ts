/**
 * Watches a notebook's document and tells what its runs produce, each piece once, whoever runs them. What stood there
 * before counts as seen, except of runs that are still under way.
 */
import type { YCell } from '@cokernel/proto/notebook';
import { cellId, cellsArray, outputsOf, readCell } from '@cokernel/proto/notebook';
import type * as Y from 'yjs';
import { z } from 'zod';
import type { Advance, CellSnapshot, RunProgress } from '../text/run-progress.js';
import { advance, alreadySeen, withNewKeys } from '../text/run-progress.js';

export type WatchListener = (snapshot: CellSnapshot, advance: Advance) => void;

const RunSignature = z.object({
  run: z.object({ runId: z.string(), state: z.string(), author: z.object({ name: z.string() }) }),
});

export class NotebookWatch {
  readonly #cells: Y.Array<YCell>;
  readonly #progress = new Map<string, { readonly cell: YCell; readonly progress: RunProgress | null }>();
  /** In which cell each run was first seen: a pasted copy carries the run of its original. */
  readonly #runs = new Map<string, string>();
  readonly #keys = new WeakMap<object, string>();
  readonly #changed = new Set<YCell>();
  #lastKey = 0;
  #scheduled: NodeJS.Immediate | null = null;

  constructor(
    doc: Y.Doc,
    private readonly listener: WatchListener,
  ) {
    this.#cells = cellsArray(doc);
  }

  start(): void {
    for (const cell of this.#cells) this.#remember(cell);
    this.#cells.observeDeep(this.#observe);
  }

  stop(): void {
    this.#cells.unobserveDeep(this.#observe);
    if (this.#scheduled !== null) clearImmediate(this.#scheduled);
    this.#scheduled = null;
  }

  /** Tells at once what has changed. */
  flush(): void {
    const changed = [...this.#changed];
    this.#changed.clear();
    if (this.#scheduled !== null) clearImmediate(this.#scheduled);
    this.#scheduled = null;
    for (const cell of changed) this.#look(cell);
  }

  /** Has anything of this run been seen? */
  knows(runId: string): boolean {
    return this.#runs.has(runId);
  }

  /** The highest execution count in the notebook; 0 when there is none. */
  highestCount(): number {
    const counts = this.#cells.map((cell) => this.#snapshot(cell)?.count ?? 0);
    return Math.max(0, ...counts);
  }

  #observe = (events: readonly Y.YEvent<Y.AbstractType<unknown>>[]): void => {
    for (const event of events) {
      const cell = this.#cellOf(event.target);
      if (cell === null) this.#noteInserted(event);
      else this.#changed.add(cell);
    }
    // Many changes of one moment are looked at once.
    this.#scheduled ??= setImmediate(() => this.flush());
  };

  #noteInserted(event: Y.YEvent<Y.AbstractType<unknown>>): void {
    for (const cell of this.#cells) {
      if (cell._item !== null && event.adds(cell._item)) this.#changed.add(cell);
    }
  }

  #cellOf(target: Y.AbstractType<unknown>): YCell | null {
    let cell: Y.AbstractType<unknown> | null = target;
    while (cell !== null && cell.parent !== this.#cells) cell = cell.parent;
    return this.#cells.toArray().find((candidate) => candidate === cell) ?? null;
  }

  #remember(cell: YCell): void {
    const snapshot = this.#snapshot(cell);
    if (snapshot === null) return;
    const progress = alreadySeen(snapshot);
    this.#progress.set(snapshot.cellId, { cell, progress });
    if (progress !== null) this.#runs.set(progress.runId, snapshot.cellId);
    else this.#changed.add(cell);
    this.#scheduled ??= setImmediate(() => this.flush());
  }

  #look(cell: YCell): void {
    const snapshot = cell.doc === null ? null : this.#snapshot(cell);
    if (snapshot === null) return;
    const advanced = advance(this.#before(cell, snapshot), snapshot);
    this.#progress.set(snapshot.cellId, { cell, progress: advanced.progress });
    if (snapshot.run !== null) this.#runs.set(snapshot.run.runId, snapshot.cellId);
    if (advanced.progress !== null) this.listener(snapshot, advanced);
  }

  #before(cell: YCell, snapshot: CellSnapshot): RunProgress | null {
    const known = this.#progress.get(snapshot.cellId);
    const firstSeenIn = this.#runs.get(snapshot.run?.runId ?? '');
    if (firstSeenIn !== undefined && firstSeenIn !== snapshot.cellId) return alreadySeen(snapshot);
    if (known === undefined || known.progress === null || known.cell === cell) return known?.progress ?? null;
    return known.progress.runId === snapshot.run?.runId ? withNewKeys(known.progress, snapshot) : known.progress;
  }

  /** Null for what is not a code cell. */
  #snapshot(yCell: YCell): CellSnapshot | null {
    const id = cellId(yCell);
    const cell = id === null ? null : readCell(yCell, id);
    if (cell?.cell_type !== 'code') return null;
    const signature = RunSignature.safeParse(cell.metadata['cokernel']);
    const run = signature.success ? signature.data.run : null;
    const keys = outputsOf(yCell)?.map((output) => this.#keyOf(output)) ?? [];
    return {
      cellId: cell.id,
      source: cell.source,
      run: run === null ? null : { runId: run.runId, state: run.state, author: run.author.name },
      count: cell.execution_count,
      outputs: cell.outputs.map((output, index) => ({ key: keys[index] ?? '', output })),
    };
  }

  #keyOf(output: object): string {
    const known = this.#keys.get(output);
    if (known !== undefined) return known;
    this.#lastKey += 1;
    const key = String(this.#lastKey);
    this.#keys.set(output, key);
    return key;
  }
}
