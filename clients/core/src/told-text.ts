/** Pure: of a stream's text, how much a reader has been told, in bytes of the whole. Its last line may still be written anew. */
export class ToldText {
  /** Bytes of the lines that are whole. */
  #settled = 0;
  #open = '';

  constructor(
    readonly name: string,
    text: string,
  ) {
    this.add(text);
  }

  get settled(): number {
    return this.#settled;
  }

  /** The line that has no end yet. */
  get open(): string {
    return this.#open;
  }

  /** A carriage return before it begins the last line anew. */
  add(text: string): void {
    const all = text.startsWith('\r') ? text.slice(1) : this.#open + text;
    const end = all.lastIndexOf('\n') + 1;
    this.#settled += bytesOf(all.slice(0, end));
    this.#open = all.slice(end);
  }

  /** The last line is told once more. */
  reopen(): void {
    this.#open = '';
  }

  skipTo(bytes: number): void {
    this.#settled = bytes;
    this.#open = '';
  }
}

function bytesOf(text: string): number {
  return new TextEncoder().encode(text).length;
}
