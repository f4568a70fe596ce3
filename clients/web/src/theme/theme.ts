/**
 * Light and dark. Follows the system until the person chooses; the choice is kept in localStorage. Jupyter's
 * colours come as one style sheet a theme, of which exactly one is in the page at a time.
 */
import dark from '@jupyterlab/theme-dark-extension/style/variables.css?inline';
import light from '@jupyterlab/theme-light-extension/style/variables.css?inline';
import { useSyncExternalStore } from 'react';

export type ThemeChoice = 'system' | 'light' | 'dark';

const KEY = 'cokernel.theme';
const systemDark = window.matchMedia('(prefers-color-scheme: dark)');
const listeners = new Set<() => void>();

function choice(): ThemeChoice {
  const stored = window.localStorage.getItem(KEY);
  return stored === 'light' || stored === 'dark' ? stored : 'system';
}

/** The theme in use. */
function theme(): 'light' | 'dark' {
  const chosen = choice();
  if (chosen !== 'system') return chosen;
  return systemDark.matches ? 'dark' : 'light';
}

function jupyterSheet(): HTMLStyleElement {
  const found = document.head.querySelector<HTMLStyleElement>('style[data-jupyter-theme]');
  if (found) return found;
  const sheet = document.createElement('style');
  sheet.dataset['jupyterTheme'] = '';
  // First, so that theme.css may give its own values to Jupyter's variables.
  document.head.prepend(sheet);
  return sheet;
}

function apply(): void {
  const now = theme();
  document.documentElement.dataset['theme'] = now;
  document.body.dataset['jpThemeLight'] = String(now === 'light');
  jupyterSheet().textContent = now === 'dark' ? dark : light;
  for (const listener of listeners) listener();
}

/** Applies the theme now and whenever the system's changes. Called once, when the page starts. */
export function followTheme(): void {
  systemDark.addEventListener('change', apply);
  apply();
}

/** Keeps the person's choice. */
export function chooseTheme(next: ThemeChoice): void {
  if (next === 'system') window.localStorage.removeItem(KEY);
  else window.localStorage.setItem(KEY, next);
  apply();
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** The theme in use, as React state. */
export function useTheme(): 'light' | 'dark' {
  return useSyncExternalStore(subscribe, theme);
}
