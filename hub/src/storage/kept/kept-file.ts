/** A kept text as a file of its own, replaced in one step and synced. */
import { randomUUID } from 'node:crypto';
import { rename } from 'node:fs/promises';
import { readIfThere, writeDurably } from '../embedded/durable-files.js';
import type { KeptText } from './kept-text.js';

export class KeptFile implements KeptText {
  /** `path`: in a folder that is there; made when missing. */
  constructor(private readonly path: string) {}

  async read(): Promise<string | null> {
    return (await readIfThere(this.path))?.toString('utf8') ?? null;
  }

  async write(text: string): Promise<void> {
    await writeDurably(this.path, Buffer.from(text));
  }

  async putAside(): Promise<string> {
    const aside = `${this.path}.damaged-${randomUUID()}`;
    await rename(this.path, aside);
    return aside;
  }
}
