/** How the queue is kept: its order, how many runs of one person may wait, and how long a run may take. */
import type { Room } from '@cokernel/core';
import type { QueueRules } from '@cokernel/proto/hub';
import { Dialog } from 'radix-ui';
import { useState, type ReactElement, type SubmitEvent } from 'react';
import { askHub } from './ask-hub.js';

interface QueueRulesDialogProps {
  readonly room: Room;
  readonly rules: QueueRules;
  readonly onClose: () => void;
}

const orders = [
  { order: 'fifo', text: 'As people press Run' },
  { order: 'fair', text: 'In turns: one run of each person after the other' },
] as const;

export function QueueRulesDialog({ room, rules, onClose }: QueueRulesDialogProps): ReactElement {
  const [chosen, setChosen] = useState(rules);
  const save = (event: SubmitEvent): void => {
    event.preventDefault();
    askHub(room, 'setQueueRules', chosen, 'The queue is kept so from now on');
    onClose();
  };
  return (
    <Dialog.Root open onOpenChange={(open) => (open ? undefined : onClose())}>
      <Dialog.Portal>
        <Dialog.Overlay className="ck-overlay" />
        <Dialog.Content className="ck-dialog" data-testid="queue-rules-dialog">
          <Dialog.Title>How runs wait</Dialog.Title>
          <Dialog.Description>For everybody here; the notebook keeps it for its later kernels.</Dialog.Description>
          <form className="ck-queue-rules" onSubmit={save}>
            <Order order={chosen.order} onOrder={(order) => setChosen({ ...chosen, order })} />
            <Bound
              label="Waiting runs of one person, at most"
              value={chosen.mostWaiting}
              most={10_000}
              onValue={(mostWaiting) => setChosen({ ...chosen, mostWaiting })}
            />
            <Bound
              label="Seconds that a run may take"
              value={chosen.mostSeconds}
              most={604_800}
              onValue={(mostSeconds) => setChosen({ ...chosen, mostSeconds })}
            />
            <div className="ck-dialog-buttons">
              <Dialog.Close className="ck-button">Cancel</Dialog.Close>
              <button type="submit" className="ck-button ck-primary" data-testid="queue-rules-save">
                Keep it so
              </button>
            </div>
          </form>
        </Dialog.Content>
      </Dialog.Portal>
    </Dialog.Root>
  );
}

interface OrderProps {
  readonly order: QueueRules['order'];
  readonly onOrder: (order: QueueRules['order']) => void;
}

function Order({ order, onOrder }: OrderProps): ReactElement {
  return (
    <fieldset>
      <legend>Order</legend>
      {orders.map((one) => (
        <label key={one.order} className="ck-check">
          <input
            type="radio"
            name="queue-order"
            value={one.order}
            checked={order === one.order}
            onChange={() => onOrder(one.order)}
          />
          {one.text}
        </label>
      ))}
    </fieldset>
  );
}

interface BoundProps {
  readonly label: string;
  /** Null: none. */
  readonly value: number | null;
  readonly most: number;
  readonly onValue: (value: number | null) => void;
}

function Bound({ label, value, most, onValue }: BoundProps): ReactElement {
  return (
    <label className="ck-bound">
      {label}
      <input
        type="number"
        min={1}
        max={most}
        step={1}
        placeholder="any"
        value={value ?? ''}
        onChange={({ target }) => onValue(target.value === '' ? null : target.valueAsNumber)}
      />
    </label>
  );
}
