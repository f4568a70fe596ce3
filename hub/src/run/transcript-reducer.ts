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

  entriesOf(edit: OutputEdit): readonly TranscriptEntry[] {
    switch (edit.type) {
      case 'clear':
        this.outputs = [];
        return [{ type: 'clear' }];
      case 'append':
        this.outputs.push(
          edit.output.output_type === 'stream' ? { name: edit.output.name, text: edit.output.text } : null,
        );
        return [{ type: 'output', output: edit.output }];
      case 'replaceText':
        return this.replaceText(edit);
      case 'updateDisplay':
        return [{ type: 'updateDisplay', displayId: edit.displayId, data: edit.data, metadata: edit.metadata }];
    }
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
