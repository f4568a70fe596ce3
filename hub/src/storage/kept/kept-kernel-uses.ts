/**
 * The kernels that notebooks use: one JSON text, replaced as a whole before a call resolves. A text that can't be read is
 * put aside, with a notice: each kernel then belongs to the notebook for which it was started.
 */
import { FileId, KernelId } from '@cokernel/proto/hub';
import { z } from 'zod';
import { messageOf } from '../../errors.js';
import type { KernelUse, KernelUses } from '../../room/kernel-uses.js';
import type { NoticeListener } from '../embedded/notice.js';
import type { KeptText } from './kept-text.js';

const StoredUse = z.object({
  fileId: FileId,
  kernelId: KernelId.nullable(),
  endedBecause: z.string().nullable(),
  lostKernelId: KernelId.optional(),
});
const StoredUses = z.object({ version: z.literal(1), uses: z.array(StoredUse) });

export interface KeptKernelUsesOptions {
  readonly text: KeptText;
  readonly onNotice: NoticeListener;
}

export class KeptKernelUses implements KernelUses {
  readonly #uses = new Map<FileId, KernelUse>();
  #writing: Promise<void> = Promise.resolve();

  constructor(private readonly options: KeptKernelUsesOptions) {}

  async start(): Promise<void> {
    const text = await this.options.text.read();
    if (text === null) return;
    try {
      const { uses } = StoredUses.parse(JSON.parse(text));
      for (const { fileId, ...use } of uses) this.#uses.set(fileId, use);
    } catch (error) {
      await this.#putAside(error);
    }
  }

  of(fileId: FileId): KernelUse | null {
    return this.#uses.get(fileId) ?? null;
  }

  kernelIds(): readonly KernelId[] {
    return [...new Set([...this.#uses.values()].flatMap(({ kernelId }) => kernelId ?? []))];
  }

  notebooksOf(kernelId: KernelId): readonly FileId[] {
    return [...this.#uses].flatMap(([fileId, use]) => (use.kernelId === kernelId ? [fileId] : []));
  }

  async set(fileIds: readonly FileId[], use: KernelUse): Promise<void> {
    for (const fileId of fileIds) this.#uses.set(fileId, use);
    const write = (): Promise<void> => this.#write();
    // A write that failed was told to its own caller; this one holds its change too.
    this.#writing = this.#writing.then(write, write);
    await this.#writing;
  }

  async #write(): Promise<void> {
    const uses = [...this.#uses].map(([fileId, use]) => ({ fileId, ...use }));
    await this.options.text.write(`${JSON.stringify({ version: 1, uses }, null, 1)}\n`);
  }

  async #putAside(error: unknown): Promise<void> {
    const aside = await this.options.text.putAside();
    this.options.onNotice({
      level: 'error',
      code: 'kernelUsesRebuilt',
      message:
        `Which notebooks share a kernel could not be read (${messageOf(error)}): each kernel belongs to the notebook again for ` +
        `which it was started. What was there is kept as ${aside}.`,
    });
  }
}
