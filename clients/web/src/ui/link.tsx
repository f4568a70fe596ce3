/** A link inside Cokernel: an ordinary press stays on the page, a modified one opens a tab as everywhere. */
import type { ComponentProps, MouseEvent, ReactElement } from 'react';
import { navigate } from '../navigation.js';

type LinkProps = Omit<ComponentProps<'a'>, 'href' | 'onClick'> & { readonly to: string };

export function Link({ to, ...rest }: LinkProps): ReactElement {
  const follow = (event: MouseEvent): void => {
    const modified = event.metaKey || event.ctrlKey || event.shiftKey || event.altKey || event.button !== 0;
    if (modified) return;
    event.preventDefault();
    navigate(to);
  };
  return <a href={to + window.location.search} onClick={follow} {...rest} />;
}
