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
}

export interface KernelUses {
  /** Null when nothing was ever said of this notebook. */
  of(fileId: FileId): KernelUse | null;
  /** In no order. */
  notebooksOf(kernelId: KernelId): readonly FileId[];
  /** Replaces what was said of these notebooks; durable when it resolves. */
  set(fileIds: readonly FileId[], use: KernelUse): Promise<void>;
}
