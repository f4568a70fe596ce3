/** Pure: whether what people see is also in the .ipynb on disk, in a few words. */
import type { SavingView } from '@cokernel/proto/hub';

/** The hub's notice that what is stored is not on a disk yet. */
export const IN_REDIS_MEMORY = 'inRedisMemory';

/** `time` turns an ISO 8601 instant into what a person reads; `inMemory`: what is not saved lies in Redis's memory. */
export function savingText(saving: SavingView, time: (iso: string) => string, inMemory = false): string {
  switch (saving.state) {
    case 'saved':
      return saving.at === null ? 'Saved' : `Saved at ${time(saving.at)}`;
    case 'saving':
      return 'Saving…';
    case 'unsaved':
      return inMemory ? 'Unsaved changes, in Redis’s memory' : 'Unsaved changes';
    case 'failed':
      return `Not saved: ${saving.reason}`;
  }
}
