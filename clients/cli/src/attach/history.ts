/** What was typed in earlier sessions: one JSON string a line in the data folder, owner-only. */
import { appendFile, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';

/** As many as a person may want back. */
const KEPT_ENTRIES = 1_000;

export class History {
  readonly #file: string;
  #writing: Promise<void> = Promise.resolve();

  constructor(
    dataFolder: string,
    private readonly onFailed: (error: unknown) => void,
  ) {
    this.#file = join(dataFolder, 'terminal-history');
  }

  /** Oldest first; a line that can't be read is passed over. */
  async read(): Promise<readonly string[]> {
    const text = await readFile(this.#file, 'utf8').catch(() => '');
    return text.split('\n').flatMap(entryOf).slice(-KEPT_ENTRIES);
  }

  add(entry: string): void {
    const line = `${JSON.stringify(entry)}\n`;
    this.#writing = this.#writing.then(() => appendFile(this.#file, line, { mode: 0o600 })).catch(this.onFailed);
  }

  /** Resolves when all that was added is written. */
  written(): Promise<void> {
    return this.#writing;
  }
}

function entryOf(line: string): string[] {
  try {
    return [z.string().parse(JSON.parse(line))];
  } catch {
    return [];
  }
}
