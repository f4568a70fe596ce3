/**
 * Pure: under which names the output store keeps what one run produced, who refers to it, and where it is read. A run
 * without a notebook is referred to under its own id.
 */
import { FileId, TextId, sourceHash } from '@cokernel/proto/hub';
import type { Reference } from './output-store.js';
import type { QueuedRun } from './run-queue.js';

export interface StoredNames {
  readonly reference: Reference;
  /** Of one of the run's texts, by its number; the same for whoever goes on with the run. */
  readonly textId: (number: number) => TextId;
  /** The path on the hub. */
  readonly addressOf: (id: TextId) => string;
}

export function storedNames({ view, fileId }: QueuedRun): StoredNames {
  const owner = fileId ?? FileId.parse(view.runId);
  const holder = view.target.kind === 'cell' ? 'log' : `transcript:${view.runId}`;
  // A client may choose its runs' ids: hashed, they are safe as names and can't meet another notebook's.
  const prefix = sourceHash(`${owner} ${view.runId}`).slice(0, 32);
  return {
    reference: { fileId: owner, holder },
    textId: (number) => TextId.parse(`${prefix}.${String(number)}`),
    addressOf: (id) => `/api/hub/notebooks/${encodeURIComponent(owner)}/texts/${id}`,
  };
}
