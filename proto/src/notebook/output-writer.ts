/**
 * OutputWriter: the one hand that writes what runs produce into a notebook's document. It holds on to outputs, not to
 * their places, so that what clients clear, delete or move meanwhile never leads text into the wrong output.
 * Text for an output that a client took away begins a new one; a deleted cell swallows its run's outputs.
 */
import type * as Y from 'yjs';
import type { CellId, RunId } from '../hub/ids.js';
import type { JsonObject } from './json.js';
import type { MimeBundle, Output, StreamName } from './nbformat.js';
import type { OutputEdit } from './output-edit.js';
import type { StoredText } from './stored-output.js';
import { TrackedCell, TrackedOutput } from './tracked-output.js';
import {
  allCells,
  cellId as idOf,
  displayIdOf,
  makeYOutput,
  outputsOf,
  setDisplay,
  setDisplayId,
  setStoredText,
  streamText,
} from './y-notebook.js';

/** `cellGone`: the run's cell was deleted or is no code cell any more; only displays in other cells were updated. */
export type WriteOutcome = { readonly outcome: 'written' } | { readonly outcome: 'cellGone' };

/** One output of a run, as the edits' `index` means it. */
interface RunOutput {
  /** Null when the cell was not there to take it; it keeps its place in the count all the same. */
  tracked: TrackedOutput | null;
  /** Null for an output that is not a stream. */
  readonly stream: StreamName | null;
  /** Where in the run's own count of the stream's text this output begins: not 0 when a client took the former one. */
  textStart: number;
}

/** What is known of a run whose first outputs an earlier writer wrote. */
export interface WrittenBefore {
  /** Outputs appended since its last clear. */
  readonly appended: number;
  /** Streams that may still grow, by the run's count of its outputs; `length` of the text as the run counts it. */
  readonly openStreams: readonly { readonly index: number; readonly name: StreamName; readonly length: number }[];
}

interface WritingRun {
  readonly cell: TrackedCell;
  outputs: RunOutput[];
}

const UNTRACKED: RunOutput = { tracked: null, stream: null, textStart: 0 };

export class OutputWriter {
  readonly #runs = new Map<RunId, WritingRun>();
  /** By display id, over all cells and runs of the document (J17). */
  readonly #displays = new Map<string, TrackedOutput[]>();

  constructor(private readonly doc: Y.Doc) {
    this.#findDisplays();
  }

  /** From now on edits of that run go to that cell. */
  begin(runId: RunId, cellId: CellId): void {
    this.#runs.set(runId, { cell: new TrackedCell(this.doc, cellId), outputs: [] });
  }

  /** Goes on where an earlier writer stopped: its outputs are the last of the cell's. */
  resume(runId: RunId, cellId: CellId, before: WrittenBefore): void {
    const cell = new TrackedCell(this.doc, cellId);
    const outputs = Array.from({ length: before.appended }, (): RunOutput => ({ ...UNTRACKED }));
    for (const stream of before.openStreams) {
      outputs[stream.index] = this.#streamWrittenBefore(cell, before.appended - stream.index, stream);
    }
    this.#runs.set(runId, { cell, outputs });
  }

  /** The text of one of the run's stream outputs, as the document has it; null when it has none (any more). */
  textOf(runId: RunId, index: number): string | null {
    const output = this.#runs.get(runId)?.outputs[index]?.tracked?.locate() ?? null;
    return output === null ? null : (streamText(output)?.toJSON() ?? null);
  }

  /** Writes the edits in one transaction. Throws for a run that was not begun or is finished. */
  apply(runId: RunId, edits: readonly OutputEdit[], origin?: unknown): WriteOutcome {
    const run = this.#runs.get(runId);
    if (run === undefined) {
      throw new Error(`run ${runId} writes output but was not begun`);
    }
    return this.doc.transact(() => {
      edits.forEach((edit) => {
        this.#write(run, edit);
      });
      const cell = run.cell.locate();
      return { outcome: cell === null || outputsOf(cell) === null ? 'cellGone' : 'written' };
    }, origin);
  }

  /** The run's outputs are complete. Its displays can still be updated by later runs. */
  finish(runId: RunId): void {
    this.#runs.delete(runId);
  }

  #write(run: WritingRun, edit: OutputEdit): void {
    switch (edit.type) {
      case 'clear':
        this.#clear(run);
        return;
      case 'append':
        this.#append(run, edit.output, edit.displayId);
        return;
      case 'replaceText':
        this.#replaceText(run, edit.index, edit.from, edit.text);
        return;
      case 'storeText':
        this.#storeText(run, edit.index, edit.stored);
        return;
      case 'updateDisplay':
        this.#updateDisplay(edit.displayId, edit.data, edit.metadata);
        return;
      case 'nextInput':
      case 'editFile':
        // No outputs: whoever has the run's source and its people sees to them.
        return;
    }
  }

  #clear(run: WritingRun): void {
    const cell = run.cell.locate();
    const outputs = cell === null ? null : outputsOf(cell);
    outputs?.delete(0, outputs.length);
    run.outputs = [];
  }

  #append(run: WritingRun, output: Output, displayId: string | undefined): void {
    const tracked = this.#insert(run.cell, output);
    run.outputs.push({ tracked, stream: output.output_type === 'stream' ? output.name : null, textStart: 0 });
    if (tracked !== null && displayId !== undefined) this.#remember(displayId, tracked);
  }

  #remember(displayId: string, tracked: TrackedOutput): void {
    const output = tracked.locate();
    if (output !== null && displayIdOf(output) !== displayId) setDisplayId(output, displayId);
    this.#displays.set(displayId, [...this.#liveDisplays(displayId), tracked]);
  }

  /** Those that an earlier writer of this document left. */
  #findDisplays(): void {
    for (const cell of allCells(this.doc)) {
      const id = idOf(cell);
      if (id === null) continue;
      (outputsOf(cell)?.toArray() ?? []).forEach((output, place) => {
        const displayId = displayIdOf(output);
        if (displayId === null) return;
        const tracked = new TrackedOutput(new TrackedCell(this.doc, id), cell, output, place);
        this.#displays.set(displayId, [...(this.#displays.get(displayId) ?? []), tracked]);
      });
    }
  }

  /** Untracked when a client took it away meanwhile: what comes then begins a new one. */
  #streamWrittenBefore(
    owner: TrackedCell,
    fromEnd: number,
    { name, length }: WrittenBefore['openStreams'][number],
  ): RunOutput {
    const cell = owner.locate();
    const outputs = cell === null ? [] : (outputsOf(cell)?.toArray() ?? []);
    const place = outputs.length - fromEnd;
    const output = outputs[place];
    const text = output?.get('name') === name ? streamText(output) : null;
    if (cell === null || output === undefined || text === null) return { ...UNTRACKED, stream: name };
    const tracked = new TrackedOutput(owner, cell, output, place);
    return { tracked, stream: name, textStart: Math.max(0, length - text.length) };
  }

  #insert(owner: TrackedCell, output: Output): TrackedOutput | null {
    const cell = owner.locate();
    const outputs = cell === null ? null : outputsOf(cell);
    if (cell === null || outputs === null) {
      return null;
    }
    const inserted = makeYOutput(output);
    // Not `push`: that walks all outputs each time, where an insert remembers the place of the last one.
    outputs.insert(outputs.length, [inserted]);
    return new TrackedOutput(owner, cell, inserted, outputs.length - 1);
  }

  #replaceText(run: WritingRun, index: number, from: number, text: string): void {
    const output = run.outputs[index];
    if (output?.stream === undefined || output.stream === null) {
      return;
    }
    const found = output.tracked?.locate() ?? null;
    const target = found === null ? null : streamText(found);
    if (target === null) {
      this.#beginAnew(run, output, output.stream, from, text);
      return;
    }
    const start = Math.min(Math.max(from - output.textStart, 0), target.length);
    target.delete(start, target.length - start);
    target.insert(start, text);
  }

  #storeText(run: WritingRun, index: number, stored: StoredText): void {
    const output = run.outputs[index];
    const found = output?.tracked?.locate() ?? null;
    if (output === undefined || found === null) return;
    const [from, to] = [stored.gap.from, stored.gap.to].map((at) => Math.max(0, at - output.textStart));
    setStoredText(found, { ...stored, gap: { from: from ?? 0, to: to ?? 0 } });
  }

  #beginAnew(run: WritingRun, output: RunOutput, name: StreamName, from: number, text: string): void {
    const tracked = text === '' ? null : this.#insert(run.cell, { output_type: 'stream', name, text });
    if (tracked !== null) {
      output.tracked = tracked;
      output.textStart = from;
    }
  }

  #updateDisplay(displayId: string, data: MimeBundle, metadata: JsonObject): void {
    const live = this.#liveDisplays(displayId);
    live.forEach((tracked) => {
      const output = tracked.locate();
      if (output !== null) {
        setDisplay(output, data, metadata);
      }
    });
    if (live.length === 0) {
      this.#displays.delete(displayId);
    } else {
      this.#displays.set(displayId, live);
    }
  }

  #liveDisplays(displayId: string): TrackedOutput[] {
    return (this.#displays.get(displayId) ?? []).filter((tracked) => tracked.locate() !== null);
  }
}
