/** A person's initials on their colour. */
import type { ReactElement } from 'react';
import './person-badge.css';

function initials(name: string): string {
  const words = name.trim().split(/\s+/);
  const letters = words.length > 1 ? [words[0], words.at(-1)] : [words[0]];
  return letters
    .map((word) => Array.from(word ?? '')[0] ?? '')
    .join('')
    .toUpperCase();
}

interface PersonBadgeProps {
  readonly name: string;
  /** A CSS colour; absent for somebody who is not in the room any more. */
  readonly color: string | undefined;
}

export function PersonBadge({ name, color }: PersonBadgeProps): ReactElement {
  return (
    <span className="ck-badge" style={color === undefined ? undefined : { backgroundColor: color }} aria-hidden>
      {initials(name)}
    </span>
  );
}
