/**
 * Pure: joins the edits of one flush, so that 10,000 prints become one change of one text. The outputs come out as
 * if all edits had been applied one after the other.
 */
import type { OutputEdit } from '@cokernel/proto/notebook';

type ReplaceText = Extract<OutputEdit, { type: 'replaceText' }>;

export function mergeEdits(edits: readonly OutputEdit[]): readonly OutputEdit[] {
  const merging = new Merging();
  edits.forEach((edit) => {
    merging.take(edit);
  });
  return merging.result();
}

/** They go with the outputs that are cleared. */
const ofOutputs: readonly OutputEdit['type'][] = ['append', 'replaceText', 'storeText'];

/** Text edits of different outputs, and of outputs and displays, don't touch each other and may change places. */
class Merging {
  #edits: OutputEdit[] = [];
  /** Where in #edits the text edit of an output stands, by the output's index. */
  #texts = new Map<number, PendingText>();
  /** Where in #edits the update of a display stands that a later one may replace. */
  #updates = new Map<string, number>();
  /** Where in #edits it is named what an output's whole text is, by the output's index. */
  #stored = new Map<number, number>();

  take(edit: OutputEdit): void {
    switch (edit.type) {
      case 'clear':
        this.#clear();
        return;
      case 'append':
        this.#edits.push(edit);
        if (edit.displayId !== undefined) {
          this.#updates.delete(edit.displayId);
        }
        return;
      case 'replaceText':
        this.#replaceText(edit);
        return;
      case 'storeText':
        this.#storeText(edit);
        return;
      case 'updateDisplay':
        this.#updateDisplay(edit);
        return;
      case 'nextInput':
      case 'editFile':
        this.#edits.push(edit);
        return;
    }
  }

  result(): readonly OutputEdit[] {
    this.#texts.forEach((text) => {
      this.#edits[text.position] = text.edit();
    });
    return this.#edits;
  }

  /** What was appended or written before is gone; displays in other cells keep what they were told. */
  #clear(): void {
    this.#edits = this.#edits.filter((edit) => !ofOutputs.includes(edit.type));
    this.#edits.push({ type: 'clear' });
    this.#texts.clear();
    this.#stored.clear();
    this.#updates.clear();
  }

  #replaceText(edit: ReplaceText): void {
    const text = this.#texts.get(edit.index);
    if (text === undefined) {
      this.#texts.set(edit.index, new PendingText(this.#edits.length, edit));
      this.#edits.push(edit);
    } else {
      text.add(edit);
    }
  }

  #storeText(edit: Extract<OutputEdit, { type: 'storeText' }>): void {
    const position = this.#stored.get(edit.index) ?? this.#edits.length;
    this.#stored.set(edit.index, position);
    this.#edits[position] = edit;
  }

  #updateDisplay(edit: Extract<OutputEdit, { type: 'updateDisplay' }>): void {
    const position = this.#updates.get(edit.displayId);
    if (position === undefined) {
      this.#updates.set(edit.displayId, this.#edits.length);
      this.#edits.push(edit);
    } else {
      this.#edits[position] = edit;
    }
  }
}

/** Text edits of one output, one after the other; kept in pieces, since joining each at once would take time squared. */
class PendingText {
  #from: number;
  #pieces: string[];
  #length: number;

  constructor(
    readonly position: number,
    private readonly first: ReplaceText,
  ) {
    this.#from = first.from;
    this.#pieces = [first.text];
    this.#length = first.text.length;
  }

  add(edit: ReplaceText): void {
    if (edit.from < this.#from) {
      this.#from = edit.from;
      this.#pieces = [];
      this.#length = 0;
    }
    this.#cutTo(edit.from - this.#from);
    this.#pieces.push(edit.text);
    this.#length += edit.text.length;
  }

  edit(): ReplaceText {
    return { ...this.first, from: this.#from, text: this.#pieces.join('') };
  }

  #cutTo(length: number): void {
    while (this.#length > length) {
      const last = this.#pieces.pop() ?? '';
      this.#length -= last.length;
      if (this.#length < length) {
        const kept = last.slice(0, length - this.#length);
        this.#pieces.push(kept);
        this.#length = length;
      }
    }
  }
}
