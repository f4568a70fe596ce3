/** The button that changes between light and dark. */
import { Moon, Sun } from 'lucide-react';
import type { ReactElement } from 'react';
import { IconButton } from '../ui/icon-button.js';
import { chooseTheme, useTheme } from './theme.js';

export function ThemeSwitch(): ReactElement {
  const now = useTheme();
  const next = now === 'dark' ? 'light' : 'dark';
  return (
    <IconButton label={`Use the ${next} theme`} onClick={() => chooseTheme(next)} testId="theme-switch">
      {now === 'dark' ? <Sun aria-hidden /> : <Moon aria-hidden />}
    </IconButton>
  );
}
