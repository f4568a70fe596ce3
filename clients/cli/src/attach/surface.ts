/** The port between the REPL and the terminal: what can be shown and asked, whether the terminal is rich, plain or a pipe. */

export type InputMode =
  /** The next cell is awaited. */
  | { readonly kind: 'code'; readonly number: number }
  /** My own run is under way; `note` says how far. */
  | { readonly kind: 'busy'; readonly note: string }
  /** The kernel has asked me; nothing of a password is shown. */
  | { readonly kind: 'answer'; readonly question: string; readonly password: boolean };

export interface SurfaceListener {
  /** Enter. `forced`: nothing more can follow, so it must be run as it is. */
  submitted(text: string, forced: boolean): void;
  /** Ctrl-C; `hadText`: it cleared what was typed. */
  interrupted(hadText: boolean): void;
  /** Ctrl-D on an empty line, or the end of the input. */
  ended(): void;
  /** Tab. */
  completionAsked(text: string, cursor: number): void;
}

export interface Surface {
  start(listener: SurfaceListener): void;
  /** Whole lines above the prompt; a line end is added. */
  print(text: string): void;
  /** The output line that is not finished yet; empty when there is none. */
  showLive(text: string): void;
  setMode(mode: InputMode): void;
  /** The submitted text is not complete: goes on in a new line that begins with `indent`. */
  continueInput(indent: string): void;
  /** The submitted text was taken: it becomes part of what was printed. */
  takeInput(): void;
  /** The submitted text goes away: what it led to is printed by others. */
  dropInput(): void;
  /** Whether exactly this is being typed. */
  holds(text: string): boolean;
  /** Puts a completion in, if the text is still the one it was asked for. */
  complete(askedFor: string, from: number, to: number, text: string): void;
  /** Gives the terminal back. Can be called twice. */
  stop(): void;
}
