/** Text that comes in pieces, given on in whole lines; a carriage return begins the unfinished line anew. */
export class LineBuffer {
  #rest = '';

  /** The line that is not finished. */
  get rest(): string {
    return this.#rest;
  }

  /** The lines that became whole, each with its line end. */
  add(text: string): string {
    const all = (this.#rest + text).replace(/[^\n]*\r(?!\n)/g, '');
    const end = all.lastIndexOf('\n') + 1;
    this.#rest = all.slice(end);
    return all.slice(0, end);
  }

  /** The unfinished line, which is given up. */
  take(): string {
    const rest = this.#rest;
    this.#rest = '';
    return rest;
  }
}
