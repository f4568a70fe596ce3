/**
 * Pure: turns the edits of a document into entries of a transcript, which is a file that only grows: text that
 * continues becomes `streamText`; text that a carriage return rewrote is told as a carriage return and the new line. What
 * lies outside is named where its text stands, so that a reader can have all of it (`storedText`).
 */
import type { OutputEdit, StoredText } from '@cokernel/proto/notebook';
import type { TranscriptEntry } from './transcript-store.js';

interface StreamSoFar {
  readonly name: string;
  text: string;
  /** What the transcript says of it. */
  told: string;
}

type AppendedOutput = Extract<OutputEdit, { type: 'append' }>['output'];

export class TranscriptReducer {
  private outputs: (StreamSoFar | null)[] = [];

  /** Null for an output that is not a stream. */
  textOf(index: number): string | null {
    return this.outputs[index]?.text ?? null;
  }

  /** Those of one flush: of each output they name at most once where its text is stored, behind all that is new of it. */
  entriesOf(edits: readonly OutputEdit[]): readonly TranscriptEntry[] {
    const stored = new Map<number, StoredText>();
    const last = new Map<number, OutputEdit>();
    for (const edit of edits) {
      if (edit.type === 'storeText') stored.set(edit.index, edit.stored);
      if (edit.type === 'storeText' || edit.type === 'replaceText') last.set(edit.index, edit);
    }
    return edits.flatMap((edit) => {
      if (edit.type !== 'storeText' && edit.type !== 'replaceText') return this.entriesOfOne(edit, stored);
      if (edit.type === 'replaceText') this.replaceText(edit);
      if (last.get(edit.index) !== edit && stored.has(edit.index)) return [];
      return this.textEntries(edit.index, stored.get(edit.index));
    });
  }

  /** Takes in what an earlier owner stored, so that text goes on where it was. */
  goOnAfter(entries: readonly TranscriptEntry[]): void {
    for (const entry of entries) {
      if (entry.type === 'clear') this.outputs = [];
      else if (entry.type === 'output') this.outputs.push(streamOf(entry.output));
      else if (entry.type === 'streamText') this.addText(entry.name, entry.text);
      else if (entry.type === 'storedText') this.putBehind(entry.index, entry.stored, entry.text);
    }
  }

  private entriesOfOne(
    edit: Exclude<OutputEdit, { type: 'replaceText' | 'storeText' }>,
    stored: ReadonlyMap<number, StoredText>,
  ): readonly TranscriptEntry[] {
    switch (edit.type) {
      case 'clear':
        this.outputs = [];
        return [edit];
      case 'append':
        return [this.append(edit.output, stored.get(this.outputs.length))];
      case 'updateDisplay':
        return [{ type: 'updateDisplay', displayId: edit.displayId, data: edit.data, metadata: edit.metadata }];
      case 'nextInput':
      case 'editFile':
        return [edit];
    }
  }

  /** What stands for outputs that are not shown is told as where they are, and an error at once with its whole. */
  private append(output: AppendedOutput, stored: StoredText | undefined): TranscriptEntry {
    const begun = output.output_type === 'stream' && stored?.outputs !== undefined ? { ...output, text: '' } : output;
    const stream = streamOf(begun);
    this.outputs.push(stream === null ? null : { ...stream, text: output.output_type === 'stream' ? output.text : '' });
    return {
      type: 'output',
      output: begun.output_type === 'error' && stored !== undefined ? { ...begun, stored } : begun,
    };
  }

  private addText(name: string, text: string): void {
    const stream = this.outputs.findLast((output) => output?.name === name);
    if (stream === null || stream === undefined) return;
    // A carriage return was told for a line that was written anew.
    const kept = text.startsWith('\r') ? stream.text.slice(0, stream.text.lastIndexOf('\n') + 1) : stream.text;
    stream.text = stream.told = kept + text.replace(/^\r/, '');
  }

  private putBehind(index: number, { gap }: StoredText, text: string): void {
    const stream = this.outputs[index];
    if (stream !== null && stream !== undefined) stream.text = stream.told = stream.text.slice(0, gap.from) + text;
  }

  private replaceText({ index, from, text }: Extract<OutputEdit, { type: 'replaceText' }>): void {
    const stream = this.outputs[index];
    if (stream !== null && stream !== undefined) stream.text = stream.text.slice(0, from) + text;
  }

  /** What is new of a stream. Of one that is stored the first part is told as any text, and what is shown behind it at once. */
  private textEntries(index: number, stored: StoredText | undefined): readonly TranscriptEntry[] {
    const stream = this.outputs[index];
    if (stream === null || stream === undefined) return [];
    if (stored === undefined) return tellText(stream, stream.text);
    const { from } = stored.gap;
    const first = stream.told.length < from ? tellText(stream, stream.text.slice(0, from)) : [];
    stream.told = stream.text;
    return [...first, { type: 'storedText', index, text: stream.text.slice(from), stored }];
  }
}

function tellText(stream: StreamSoFar, text: string): readonly TranscriptEntry[] {
  const { name, told } = stream;
  stream.told = text;
  if (told === text) return [];
  if (text.startsWith(told)) return [{ type: 'streamText', name, text: text.slice(told.length) }];
  const common = commonLength(told, text);
  const lineStart = common === 0 ? 0 : told.lastIndexOf('\n', common - 1) + 1;
  return [{ type: 'streamText', name, text: `\r${text.slice(lineStart)}` }];
}

function commonLength(a: string, b: string): number {
  let length = 0;
  while (length < a.length && a[length] === b[length]) length += 1;
  return length;
}

function streamOf(output: Extract<TranscriptEntry, { type: 'output' }>['output']): StreamSoFar | null {
  return output.output_type === 'stream' ? { name: output.name, text: output.text, told: output.text } : null;
}
