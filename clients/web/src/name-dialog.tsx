/** Asks once how the person wants to be called; Enter accepts the suggestion. */
import { Dialog } from 'radix-ui';
import { useState, type ReactElement, type SubmitEvent } from 'react';
import { suggestedName } from './person.js';
import mark from './theme/mark.svg';

export function NameDialog({ onName }: { readonly onName: (name: string) => void }): ReactElement {
  const [name, setName] = useState(() => suggestedName(Math.random));
  const submit = (event: SubmitEvent): void => {
    event.preventDefault();
    if (name.trim() !== '') onName(name.trim());
  };
  return (
    <Dialog.Root open>
      <Dialog.Portal>
        <Dialog.Overlay className="ck-overlay" />
        <Dialog.Content className="ck-dialog ck-name-dialog" data-testid="name-dialog">
          <img src={mark} alt="" width={44} height={44} />
          <Dialog.Title>Welcome to Cokernel</Dialog.Title>
          <Dialog.Description>
            The others in a notebook see your cursor and your runs under this name.
          </Dialog.Description>
          <form onSubmit={submit}>
            <label htmlFor="wished-name">Your name</label>
            <input
              id="wished-name"
              value={name}
              maxLength={64}
              autoComplete="nickname"
              onChange={(event) => setName(event.target.value)}
              onFocus={(event) => event.target.select()}
            />
            <button type="submit" className="ck-button ck-primary" disabled={name.trim() === ''}>
              Come in
            </button>
          </form>
        </Dialog.Content>
      </Dialog.Portal>
    </Dialog.Root>
  );
}
