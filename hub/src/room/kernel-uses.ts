/**
 * KernelUses: which kernel each notebook uses. It has one home apart from the documents' logs, since it is asked the
 * other way round as well: whose notebooks lose a kernel, also those that nobody has open.
 */
import type { FileId, KernelId } from '@cokernel/proto/hub';

export interface KernelUse {
  /** Null: none, and none is looked for. */
  readonly kernelId: KernelId | null;
  /** With null: why the kernel that there was is gone, for who comes later. */
  readonly endedBecause: string | null;
  /** The kernel that was lost, since nobody ended it: with what it was asked for. Kept until the next one ends. */
  readonly lostKernelId?: KernelId | undefined;
}

export interface KernelUses {
  /** Null when nothing was ever said of this notebook. */
  of(fileId: FileId): KernelUse | null;
  /** Those that notebooks use, each once. */
  kernelIds(): readonly KernelId[];
  /** In no order. */
  notebooksOf(kernelId: KernelId): readonly FileId[];
  /** Replaces what was said of these notebooks; durable when it resolves. */
  set(fileIds: readonly FileId[], use: KernelUse): Promise<void>;
}
