/**
 * Somebody who types into texts, one keystroke a call, from a seed: in bursts of some words at one place, then elsewhere in
 * the same text or in another. One keystroke in eight deletes, in runs, as one who corrects what they wrote. These are about
 * the proportions of the public editing traces.
 */
import type * as Y from 'yjs';
import { random } from './slow-copy.js';

const LETTERS = 'etaoinshrdlu cmfwyp vbgkjqxz\n(=_).';
const DELETED_IN_A_RUN = 4;
/** One in eight of all keystrokes deletes: runs begin as much more rarely as they are long. */
const RUN_BEGINS = 1 / (8 - 1) / DELETED_IN_A_RUN;

export class Typist {
  private readonly next: () => number;
  private text: Y.Text;
  private cursor = 0;
  private leftInBurst = 0;
  private leftToDelete = 0;

  constructor(
    private readonly texts: readonly [Y.Text, ...Y.Text[]],
    seed: number,
  ) {
    this.next = random(seed);
    this.text = texts[0];
  }

  /** One keystroke. */
  press(): void {
    if (this.leftInBurst === 0) this.goElsewhere();
    this.leftInBurst -= 1;
    // Somebody else may have shortened the text.
    this.cursor = Math.min(this.cursor, this.text.length);
    if (this.leftToDelete === 0 && this.next() < RUN_BEGINS) this.leftToDelete = DELETED_IN_A_RUN;
    if (this.leftToDelete > 0 && this.cursor > 0) this.delete();
    else this.insert();
  }

  private delete(): void {
    this.leftToDelete -= 1;
    this.cursor -= 1;
    this.text.delete(this.cursor, 1);
  }

  private insert(): void {
    this.text.insert(this.cursor, LETTERS[this.below(LETTERS.length)] ?? ' ');
    this.cursor += 1;
  }

  private goElsewhere(): void {
    this.leftInBurst = 5 + this.below(60);
    this.text = this.texts[this.below(this.texts.length)] ?? this.text;
    // Mostly one goes on at the end.
    this.cursor = this.next() < 0.5 ? this.text.length : this.below(this.text.length + 1);
  }

  private below(count: number): number {
    return Math.floor(this.next() * count);
  }
}
