/** A text that is read when a store opens, and then replaced as a whole: small enough that nothing finer is worth its while. */
export interface KeptText {
  /** Null when there is none yet. */
  read(): Promise<string | null>;
  /** Durable when it resolves. One at a time. */
  write(text: string): Promise<void>;
  /** Keeps what nobody can read under another name, so that a new one can begin. Answers where it is now. */
  putAside(): Promise<string>;
}
