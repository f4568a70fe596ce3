/**
 * Pure: turns the edits of a document into entries of a transcript, which is a file that only grows: text that
 * continues becomes `streamText`; text that a carriage return rewrote is told as a carriage return and the new line.
 */
import type { OutputEdit } from '@cokernel/proto/notebook';
import type { TranscriptEntry } from './transcript-store.js';

interface StreamSoFar {
  readonly name: string;
  text: string;
}

export class TranscriptReducer {
  private outputs: (StreamSoFar | null)[] = [];

  /** Null for an output that is not a stream. */
  textOf(index: number): string | null {
    return this.outputs[index]?.text ?? null;
  }

  entriesOf(edit: OutputEdit): readonly TranscriptEntry[] {
    switch (edit.type) {
      case 'clear':
        this.outputs = [];
        return [{ type: 'clear' }];
      case 'append':
        this.outputs.push(streamOf(edit.output));
        return [{ type: 'output', output: edit.output }];
      case 'replaceText':
        return this.replaceText(edit);
      case 'storeText':
        return [];
      case 'updateDisplay':
        return [{ type: 'updateDisplay', displayId: edit.displayId, data: edit.data, metadata: edit.metadata }];
      case 'nextInput':
      case 'editFile':
        return [edit];
    }
  }

  /** Takes in what an earlier owner stored, so that text goes on where it was. */
  goOnAfter(entries: readonly TranscriptEntry[]): void {
    for (const entry of entries) {
      if (entry.type === 'clear') this.outputs = [];
      else if (entry.type === 'output') this.outputs.push(streamOf(entry.output));
      else if (entry.type === 'streamText') this.addText(entry.name, entry.text);
    }
  }

  private addText(name: string, text: string): void {
    const stream = this.outputs.findLast((output) => output?.name === name);
    if (stream === null || stream === undefined) return;
    // A carriage return was told for a line that was written anew.
    const kept = text.startsWith('\r') ? stream.text.slice(0, stream.text.lastIndexOf('\n') + 1) : stream.text;
    stream.text = kept + text.replace(/^\r/, '');
  }

  private replaceText(edit: Extract<OutputEdit, { type: 'replaceText' }>): readonly TranscriptEntry[] {
    const stream = this.outputs[edit.index];
    if (stream === null || stream === undefined) return [];
    const removed = stream.text.length - edit.from;
    stream.text = stream.text.slice(0, edit.from) + edit.text;
    const lineStart = edit.from === 0 ? 0 : stream.text.lastIndexOf('\n', edit.from - 1) + 1;
    const text = removed === 0 ? edit.text : `\r${stream.text.slice(lineStart)}`;
    return text === '' ? [] : [{ type: 'streamText', name: stream.name, text }];
  }
}

function streamOf(output: Extract<TranscriptEntry, { type: 'output' }>['output']): StreamSoFar | null {
  return output.output_type === 'stream' ? { name: output.name, text: output.text } : null;
}
