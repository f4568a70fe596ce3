/** A notebook's versions, as the hub tells of them: states that were kept, by name or by the hub itself (the timeline). */
import { z } from 'zod';
import { CellId, VersionId } from './ids.js';
import { Author } from './views.js';

/**
 * Why a version was kept. `named` and `checkpoint` by a person; the others by the hub: when the runs asked for together are
 * over, each hour with changes, and before the document is changed by what lies on the disk or by a restore.
 */
export const VersionKind = z.enum(['named', 'checkpoint', 'afterBatch', 'hourly', 'beforeMerge', 'beforeRestore']);
export type VersionKind = z.infer<typeof VersionKind>;

export const VersionView = z.object({
  /** A whole number as text, counted in its notebook: later versions have higher ones. */
  versionId: VersionId,
  at: z.string(),
  kind: VersionKind,
  /** One that has a name is never removed by the hub. */
  name: z.string().nullable(),
  /** Who named it, whose runs they were, who restored; null: nobody. */
  author: Author.nullable(),
  cells: z.number().int().nonnegative(),
});
export type VersionView = z.infer<typeof VersionView>;

export const VersionName = z.string().trim().min(1).max(120);

/** Lines that are in both texts, or in one of them. */
const LineDifference = z.object({ in: z.enum(['both', 'before', 'after']), lines: z.array(z.string()) });

const CellType = z.enum(['code', 'markdown', 'raw']);

/** What became of one cell. */
const CellDifference = z.object({
  cellId: CellId,
  cellType: CellType,
  change: z.enum(['added', 'deleted', 'changed']),
  /** It has another place among the cells that are in both. */
  moved: z.boolean(),
  /** All its lines, where the text changed or the cell is in one of the two only; empty otherwise. */
  source: z.array(LineDifference),
  /** What else changed. */
  others: z.array(z.enum(['type', 'outputs', 'metadata', 'attachments'])),
});

/** What changed between two states of a notebook: cells that did not are left out. */
export const NotebookDifference = z.object({
  /** In the order of the later state; a deleted cell stands behind the one that it followed. */
  cells: z.array(CellDifference),
  /** The notebook's own metadata is another. */
  metadata: z.boolean(),
});
export type NotebookDifference = z.infer<typeof NotebookDifference>;
