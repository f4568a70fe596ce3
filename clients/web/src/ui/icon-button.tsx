/** A button that shows only an icon: its label is read by screen readers and shown as a tooltip. */
import { Tooltip } from 'radix-ui';
import type { ReactElement, ReactNode } from 'react';

interface IconButtonProps {
  readonly label: string;
  /** The keys that do the same, as shown to a person. */
  readonly keys?: string | undefined;
  readonly onClick: () => void;
  readonly disabled?: boolean;
  readonly testId?: string;
  readonly pressed?: boolean;
  readonly children: ReactNode;
}

export function IconButton({
  label,
  keys,
  onClick,
  disabled,
  testId,
  pressed,
  children,
}: IconButtonProps): ReactElement {
  return (
    <Tooltip.Root>
      <Tooltip.Trigger asChild>
        <button
          type="button"
          className="ck-icon-button"
          aria-label={label}
          aria-pressed={pressed}
          disabled={disabled}
          onClick={onClick}
          data-testid={testId}
        >
          {children}
        </button>
      </Tooltip.Trigger>
      <Tooltip.Portal>
        <Tooltip.Content className="ck-tooltip" sideOffset={6}>
          {label}
          {keys === undefined ? null : <kbd>{keys}</kbd>}
        </Tooltip.Content>
      </Tooltip.Portal>
    </Tooltip.Root>
  );
}
