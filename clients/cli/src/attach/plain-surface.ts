/**
 * A terminal that can't move its cursor, or no terminal at all (a pipe, a file): lines in, lines out. Each line is handed on
 * when it can be run, so that a script's lines run one after the other; the end of the input ends the session.
 */
import type { Interface } from 'node:readline';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import type { InputMode, Surface, SurfaceListener } from './surface.js';

export interface PlainSurfaceOptions {
  readonly input: Readable;
  readonly output: Writable;
  /** A person types: prompts are shown. */
  readonly prompts: boolean;
}

export class PlainSurface implements Surface {
  #mode: InputMode = { kind: 'busy', note: '' };
  #lines: string[] = [];
  /** Lines that are not complete without the next. */
  #kept: string | null = null;
  #ended = false;
  #asked = false;
  #reader: Interface | null = null;
  #listener: SurfaceListener | null = null;

  constructor(private readonly options: PlainSurfaceOptions) {}

  start(listener: SurfaceListener): void {
    this.#listener = listener;
    this.#reader = createInterface({ input: this.options.input, terminal: false });
    this.#reader.on('line', (line) => {
      this.#lines.push(line);
      this.#handOn();
    });
    this.#reader.on('close', () => {
      this.#ended = true;
      this.#handOn();
    });
    process.on('SIGINT', this.#interrupt);
  }

  stop(): void {
    this.#listener = null;
    process.off('SIGINT', this.#interrupt);
    this.#reader?.close();
    this.#reader = null;
  }

  print(text: string): void {
    this.options.output.write(`${text}\n`);
  }

  /** Paper can't be redrawn: a line is printed when it is whole. */
  showLive(): void {
    return;
  }

  setMode(mode: InputMode): void {
    this.#mode = mode;
    this.#showPrompt();
    this.#handOn();
  }

  continueInput(): void {
    this.#asked = false;
    if (this.options.prompts) this.options.output.write('   ...: ');
    this.#handOn();
  }

  takeInput(): void {
    this.#asked = false;
    this.#kept = null;
  }

  dropInput(): void {
    this.#asked = false;
    this.#kept = null;
  }

  /** Nobody asks for completions here. */
  holds(): boolean {
    return false;
  }

  complete(): void {
    return;
  }

  #interrupt = (): void => {
    this.#asked = false;
    this.#kept = null;
    this.#listener?.interrupted(false);
  };

  #showPrompt(): void {
    if (!this.options.prompts || this.#mode.kind === 'busy') return;
    this.options.output.write(this.#mode.kind === 'code' ? `In [${String(this.#mode.number)}]: ` : this.#mode.question);
  }

  /** One text at a time: the next goes when the REPL has said what became of this one. */
  #handOn(): void {
    if (this.#asked || this.#mode.kind === 'busy' || this.#listener === null) return;
    const line = this.#lines.shift();
    if (line === undefined && !this.#ended) return;
    if (line === undefined && this.#kept === null) this.#listener.ended();
    else this.#submit(line);
  }

  #submit(line: string | undefined): void {
    const text = [this.#kept, line].filter((part) => part !== null && part !== undefined).join('\n');
    this.#asked = true;
    if (this.#mode.kind === 'code') this.#kept = text;
    this.#listener?.submitted(text, line === undefined);
  }
}
