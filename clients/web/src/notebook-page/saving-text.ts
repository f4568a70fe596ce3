/** Pure: whether what people see is also in the .ipynb on disk, in a few words. */
import type { SavingView } from '@cokernel/proto/hub';

/** `time` turns an ISO 8601 instant into what a person reads. */
export function savingText(saving: SavingView, time: (iso: string) => string): string {
  switch (saving.state) {
    case 'saved':
      return saving.at === null ? 'Saved' : `Saved at ${time(saving.at)}`;
    case 'saving':
      return 'Saving…';
    case 'unsaved':
      return 'Unsaved changes';
    case 'failed':
      return `Not saved: ${saving.reason}`;
  }
}
