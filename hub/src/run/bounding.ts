/**
 * Pure: one step of a run's bounds from state to state, with what it asks for. Its caller lets it take edits, says which
 * streams can still grow, and reads what came of it.
 */
import type { Output, OutputEdit, StoredText } from '@cokernel/proto/notebook';
import type { BoundContext, Bounded, TextStep } from './bound-context.js';
import type { BoundState } from './bound-state.js';
import { UNBOUNDED_YET } from './bound-state.js';
import type { OpenStream, RunText } from './open-stream.js';
import { beginStream, inWords, isLong, settle, shownBeyond, writeInto } from './open-stream.js';
import type { ReducerState } from './output-reducer.js';
import type { Blob } from './stored-display.js';
import { bundleLength, storeDisplay } from './stored-display.js';
import { storeError } from './stored-error.js';

/** Display ids that are remembered of outputs which are not shown. */
const MOST_HIDDEN_DISPLAYS = 256;

type Append = Extract<OutputEdit, { type: 'append' }>;

export class Bounding implements Bounded {
  readonly edits: OutputEdit[] = [];
  readonly steps: TextStep[] = [];
  readonly blobs: Blob[] = [];

  constructor(
    public state: BoundState,
    private readonly context: BoundContext,
  ) {}

  take(edit: OutputEdit): void {
    switch (edit.type) {
      case 'clear':
        return this.clear(edit);
      case 'append':
        return this.append(edit);
      case 'replaceText':
        return this.replaceText(edit);
      case 'updateDisplay':
        return this.updateDisplay(edit);
      case 'storeText':
      case 'nextInput':
      case 'editFile':
        this.edits.push(edit);
    }
  }

  /** Takes in which streams can still grow, and from where on their text may change. */
  settle(open: ReducerState['openStreams']): void {
    for (const stream of this.state.streams) {
      const still = open.find(({ index }) => index === stream.index);
      const settled = this.settled(stream, still?.text.lineStart ?? stream.length);
      if (still === undefined) this.close(settled);
      else this.replace(settled);
    }
  }

  showLate(): void {
    for (const stream of this.state.streams) if (stream.isLate) this.replace(this.shown(stream));
    if (!this.state.isCountLate) return;
    const index = this.state.shown;
    const text = this.countLine();
    if (this.state.isCounted) this.edits.push({ type: 'replaceText', index, from: 0, text });
    else this.edits.push({ type: 'append', output: { output_type: 'stream', name: 'stderr', text } });
    this.edits.push({ type: 'storeText', index, stored: this.storedHidden() });
    this.state = { ...this.state, isCounted: true, isCountLate: false };
  }

  finishTexts(): void {
    for (const stream of this.state.streams) {
      if (stream.text === null) continue;
      const { number, bytes } = stream.text;
      const stored = { ...this.storedOf(stream, stream.text), bytes: bytes + Buffer.byteLength(stream.rest) };
      this.steps.push({ type: 'finish', number, at: bytes, rest: stream.rest, index: stream.index, stored });
    }
    if (this.state.hiddenText === null) return;
    const rest = this.state.streams
      .filter(({ isHidden, rest }) => isHidden && rest !== '')
      .map(lineOf)
      .join('');
    const { number, bytes } = this.state.hiddenText;
    const stored = this.storedHidden(Buffer.byteLength(rest));
    this.steps.push({ type: 'finish', number, at: bytes, rest, index: this.state.shown, stored });
  }

  private clear(edit: OutputEdit): void {
    const { streams, closed, hiddenText, texts } = this.state;
    const open = [...streams.map(({ text }) => text), hiddenText, ...closed];
    for (const text of open) if (text !== null) this.steps.push({ type: 'drop', number: text.number });
    this.state = { ...UNBOUNDED_YET, texts };
    this.edits.push(edit);
  }

  private append(edit: Append): void {
    const { shown, hidden } = this.state;
    if (hidden > 0 || shown >= this.context.bounds.outputs) return this.hide(edit);
    this.state = { ...this.state, shown: shown + 1 };
    switch (edit.output.output_type) {
      case 'stream':
        return this.appendStream(edit, edit.output, shown);
      case 'display_data':
      case 'execute_result': {
        const data = this.smallBundle(edit.output.data);
        this.state = { ...this.state, displayLength: this.state.displayLength + bundleLength(data) };
        this.edits.push({ ...edit, output: { ...edit.output, data } });
        return;
      }
      case 'error':
        return this.appendError(edit, edit.output, shown);
    }
  }

  private appendStream(edit: Append, output: Extract<Output, { output_type: 'stream' }>, index: number): void {
    const { bounds } = this.context;
    const begun = writeInto(beginStream(index, output.name, false, bounds), 0, output.text, bounds);
    this.state = { ...this.state, streams: [...this.state.streams, begun.stream] };
    this.edits.push({ ...edit, output: { ...output, text: begun.edits[0]?.text ?? '' } });
  }

  private appendError(edit: Append, output: Extract<Output, { output_type: 'error' }>, index: number): void {
    const bounded = storeError(output, this.context.bounds.error);
    this.edits.push({ ...edit, output: bounded?.output ?? output });
    if (bounded === null) return;
    this.blobs.push(bounded.blob);
    this.edits.push({ type: 'storeText', index, stored: bounded.stored });
  }

  private hide({ output, displayId }: Append): void {
    const { bounds } = this.context;
    const { shown, hidden, hiddenDisplays } = this.state;
    const displays = displayId === undefined ? hiddenDisplays : [...hiddenDisplays, displayId];
    this.state = { ...this.state, hidden: hidden + 1, hiddenDisplays: displays.slice(-MOST_HIDDEN_DISPLAYS) };
    if (output.output_type !== 'stream') return this.keepHidden(output);
    const begun = writeInto(beginStream(shown + hidden, output.name, true, bounds), 0, output.text, bounds);
    this.state = { ...this.state, streams: [...this.state.streams, begun.stream] };
    this.keepHidden(null);
  }

  private replaceText({ index, from, text }: Extract<OutputEdit, { type: 'replaceText' }>): void {
    const stream = this.state.streams.find((each) => each.index === index);
    if (stream === undefined) return;
    const written = writeInto(stream, from, text, this.context.bounds);
    this.replace(written.stream);
    this.edits.push(...written.edits);
  }

  private updateDisplay(edit: Extract<OutputEdit, { type: 'updateDisplay' }>): void {
    const { data, metadata } = edit;
    if (this.state.hiddenDisplays.includes(edit.displayId)) {
      this.keepHidden({ output_type: 'display_data', data, metadata });
    }
    this.edits.push({ ...edit, data: this.smallBundle(data) });
  }

  private smallBundle(data: Parameters<typeof storeDisplay>[0]): typeof data {
    const { display, displays, displayThen } = this.context.bounds;
    const stored = storeDisplay(data, this.state.displayLength > displays ? displayThen : display);
    this.blobs.push(...stored.blobs);
    return stored.data;
  }

  /** Null: there is nothing to write yet, but the text is begun. */
  private keepHidden(output: Output | null): void {
    const line = output === null ? '' : `${JSON.stringify(output)}\n`;
    const hiddenText = this.appended(this.state.hiddenText, line);
    this.state = { ...this.state, hiddenText, isCountLate: true };
  }

  private settled(stream: OpenStream, lineStart: number): OpenStream {
    const { bounds } = this.context;
    if (!stream.isHidden && stream.text === null && !isLong(stream, bounds)) return stream;
    const { stream: after, settled } = settle(stream, lineStart, bounds);
    if (settled === '' && (stream.isHidden || stream.text !== null)) return stream;
    if (!stream.isHidden) return { ...after, text: this.appended(stream.text, settled) };
    this.keepHidden({ output_type: 'stream', name: stream.name, text: settled });
    return after;
  }

  private close(stream: OpenStream): void {
    const { index, name, isHidden } = stream;
    const { shown } = !isHidden && stream.isLate ? this.shown(stream) : stream;
    this.state = { ...this.state, streams: this.state.streams.filter((each) => each.index !== index) };
    if (stream.text === null) return;
    const { number, bytes } = stream.text;
    const stored = this.storedOf(stream, stream.text);
    this.steps.push({ type: 'finish', number, at: bytes, rest: '', index, stored });
    this.state = { ...this.state, closed: [...this.state.closed, { index, name, number, shown, stored }] };
  }

  private shown(stream: OpenStream): OpenStream {
    const { index, length, text } = stream;
    const shown = shownBeyond(stream, this.context.bounds, this.whereOf(text));
    const from = Math.min(stream.start, length);
    if (length > stream.start) this.edits.push({ type: 'replaceText', index, from, text: shown.text });
    if (text !== null) this.edits.push({ type: 'storeText', index, stored: this.storedOf(stream, text) });
    return { ...stream, shown: from + shown.text.length, isLate: false };
  }

  private storedOf(stream: OpenStream, text: RunText): StoredText {
    const { gap } = shownBeyond(stream, this.context.bounds, this.whereOf(text));
    return { id: this.context.names.textId(text.number), sha256: null, bytes: text.bytes, gap };
  }

  private storedHidden(more = 0): StoredText {
    const { bytes } = this.state.hiddenText ?? { bytes: 0 };
    const gap = { from: 0, to: this.countLine().length };
    return { id: this.hiddenId(), sha256: null, bytes: bytes + more, gap, outputs: this.state.hidden };
  }

  private countLine(): string {
    const more = `${inWords(this.state.hidden)} more outputs are not shown`;
    return `⋯ ${more}: the hub has them at ${this.context.names.addressOf(this.hiddenId())} ⋯\n`;
  }

  private hiddenId(): StoredText['id'] {
    return this.context.names.textId(this.state.hiddenText?.number ?? this.state.texts);
  }

  private whereOf(text: RunText | null): string {
    const { textId, addressOf } = this.context.names;
    return text === null ? '' : `: the hub has the whole at ${addressOf(textId(text.number))}`;
  }

  private appended(before: RunText | null, text: string): RunText {
    const { number, bytes } = before ?? { number: this.state.texts, bytes: 0 };
    if (before === null) this.state = { ...this.state, texts: number + 1 };
    this.steps.push({ type: 'append', number, at: bytes, text });
    return { number, bytes: bytes + Buffer.byteLength(text) };
  }

  private replace(stream: OpenStream): void {
    const streams = this.state.streams.map((each) => (each.index === stream.index ? stream : each));
    this.state = { ...this.state, streams };
  }
}

function lineOf({ name, rest }: OpenStream): string {
  return `${JSON.stringify({ output_type: 'stream', name, text: rest })}\n`;
}
