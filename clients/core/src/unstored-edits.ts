/**
 * Keeps what a person typed until the hub has stored it, also when somebody else moved or deleted the cell meanwhile. Yjs
 * forgets the content of what is deleted; the hub, which knows where the cell went, puts the text there, if it still gets it.
 */
import * as Y from 'yjs';

export class UnstoredEdits {
  /** How much of our own edits the hub has stored. */
  #stored = 0;
  /** What we delete ourselves is to go. */
  #isOwn = false;

  constructor(private readonly doc: Y.Doc) {
    doc.on('afterTransaction', ({ local }) => {
      this.#isOwn = local;
    });
    // Asked for each deleted item, behind that event; what is kept once is kept for good, and that is little.
    doc.gcFilter = (item) => this.#isOwn || this.#allStored() || !this.#holdsUnstored(item);
  }

  /** `stateVector`: what the hub has stored, as its event `stored` says it. */
  stored(stateVector: Uint8Array): void {
    this.#stored = Y.decodeStateVector(stateVector).get(this.doc.clientID) ?? 0;
  }

  #allStored(): boolean {
    return this.#stored >= Y.getState(this.doc.store, this.doc.clientID);
  }

  /** A type is kept for what is in it: with it, all of that would go. */
  #holdsUnstored({ id, length, content }: Y.Item): boolean {
    if (id.client === this.doc.clientID && id.clock + length > this.#stored) return true;
    if (!(content instanceof Y.ContentType)) return false;
    const { type } = content;
    for (let item = type._start; item !== null; item = item.right) if (this.#holdsUnstored(item)) return true;
    return [...type._map.values()].some((item) => this.#holdsUnstored(item));
  }
}
