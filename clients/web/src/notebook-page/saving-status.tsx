/** Says whether the file on disk holds what is seen, and saves when pressed. */
import type { SavingView } from '@cokernel/proto/hub';
import { CircleAlert, CircleCheck, CircleDashed, LoaderCircle } from 'lucide-react';
import type { ReactElement } from 'react';
import { savingText } from './saving-text.js';

const clock = (iso: string): string =>
  new Date(iso).toLocaleTimeString('en-GB', { hour: '2-digit', minute: '2-digit' });

const icons = { saved: CircleCheck, saving: LoaderCircle, unsaved: CircleDashed, failed: CircleAlert } as const;

interface SavingStatusProps {
  readonly saving: SavingView;
  /** Until it is saved. */
  readonly inMemory: boolean;
  readonly onSave: () => void;
}

export function SavingStatus({ saving, inMemory, onSave }: SavingStatusProps): ReactElement {
  const Icon = icons[saving.state];
  const text = savingText(saving, clock, inMemory);
  return (
    <button
      type="button"
      className="ck-saving"
      data-testid="saving"
      data-state={saving.state}
      onClick={onSave}
      title={`${text}. Press to save now.`}
    >
      <Icon aria-hidden />
      <span role="status">{text}</span>
    </button>
  );
}
