/** Real Chromium, and what these tests do on a notebook's page. Each page has its own cookies, as another person has. */
import { chromium, type Browser, type Locator, type Page } from 'playwright-core';
import { neededProgram } from './program.js';
import type { Scratch } from './scratch.js';
import { until } from './until.js';

const flags = ['--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking'];
const quiet = ['--disable-component-update', '--disable-sync'];
// Chromium's sandbox refuses to work for root, as in most containers.
const sandbox = process.getuid?.() === 0 ? ['--no-sandbox'] : [];

export async function openBrowser(scratch: Scratch): Promise<Browser> {
  const executablePath = neededProgram('chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable');
  const browser = await chromium.launch({ executablePath, headless: true, args: [...flags, ...quiet, ...sandbox] });
  scratch.atEnd(() => browser.close());
  return browser;
}

export interface NotebookPage {
  readonly page: Page;
  cell(id: string): Locator;
  /** The source as the editor shows it. */
  source(id: string): Promise<string>;
  /** The text of the cell's outputs. */
  output(id: string): Promise<string>;
  /** Replaces the cell's source by typing. */
  write(id: string, source: string): Promise<void>;
  /** Presses Shift-Enter in the cell. */
  run(id: string): Promise<void>;
  /** Cell ids from top to bottom. */
  cells(): Promise<readonly string[]>;
  shows(what: string, look: () => boolean | Promise<boolean>): Promise<void>;
  /** Requests that left for anywhere but the hub, and errors of the page's own scripts. */
  readonly faults: readonly string[];
  close(): Promise<void>;
}

export interface PageLook {
  readonly colorScheme?: 'light' | 'dark';
  /** Called with the page before it is opened. */
  readonly watch?: (page: Page) => Promise<void>;
}

/** Opens a notebook's page and waits until the notebook is there. */
export async function openNotebook(browser: Browser, url: string, look: PageLook = {}): Promise<NotebookPage> {
  const { colorScheme = 'light', watch } = look;
  const context = await browser.newContext({ colorScheme, viewport: { width: 1280, height: 860 } });
  const page = await context.newPage();
  const faults = watchFaults(page, new URL(url).origin);
  await watch?.(page);
  await page.goto(url);
  await page.getByTestId('notebook').waitFor({ timeout: 30_000 });
  await page.locator('[data-cell-id]').first().waitFor();
  return notebookPage(page, faults, () => context.close());
}

function watchFaults(page: Page, origin: string): readonly string[] {
  const faults: string[] = [];
  page.on('pageerror', (error) => faults.push(`error: ${error.message}`));
  // What the hub's own policy forbids never becomes a request; Chromium complains of it in the console.
  page.on('console', (message) => {
    if (message.text().includes('Content Security Policy')) faults.push(message.text());
  });
  page.on('request', (request) => {
    const { protocol, origin: other } = new URL(request.url());
    if (/^(http|ws)s?:$/.test(protocol) && other.replace(/^ws/, 'http') !== origin) {
      faults.push(`fetched ${request.url()}`);
    }
  });
  return faults;
}

function notebookPage(page: Page, faults: readonly string[], close: () => Promise<void>): NotebookPage {
  const cell = (id: string): Locator => page.locator(`[data-cell-id="${id}"]`);
  const editor = (id: string): Locator => cell(id).locator('.cm-content').first();
  const output = (id: string): Promise<string> => textOf(cell(id).locator('.jp-OutputArea-output'));
  const source = async (id: string): Promise<string> =>
    (await editor(id).locator('.cm-line').evaluateAll(linesOf)).join('\n');
  return {
    page,
    cell,
    source,
    output,
    faults,
    close,
    write: async (id, text) => {
      await editor(id).click();
      await page.keyboard.press('Control+A');
      await page.keyboard.press('Delete');
      // As one insertion per line: brackets that the editor closes by itself would be typed twice.
      await page.keyboard.insertText(text);
    },
    run: async (id) => {
      await editor(id).click();
      await page.keyboard.press('Shift+Enter');
    },
    cells: () => page.locator('[data-cell-id]').evaluateAll(cellIdsOf),
    shows: async (what, look) => {
      await until(`the page to show ${what}`, look, { state: () => page.locator('body').innerText() });
    },
  };
}

/** Runs inside the page, so it may use nothing from here. */
function cellIdsOf(nodes: readonly Element[]): string[] {
  return nodes.map((node) => node.getAttribute('data-cell-id') ?? '');
}

async function textOf(locator: Locator): Promise<string> {
  return (await locator.allInnerTexts()).join('\n');
}

/** Runs inside the page. What a person typed: other people's cursors stand in the line too, with their names. */
function linesOf(lines: readonly Element[]): string[] {
  return lines.map((line) => {
    const copy = line.cloneNode(true);
    if (!(copy instanceof Element)) return '';
    for (const cursor of copy.querySelectorAll('.cm-ySelectionCaret, .cm-widgetBuffer')) cursor.remove();
    return copy.textContent.replaceAll('\u2060', '');
  });
}
