/** The page, in a real Chromium; the clock is the page's own. */
import { chromium } from 'playwright-core';
import type { Page } from 'playwright-core';
import type { HubAddress, Room } from '@cokernel/core';
import { RequestId, sourceHash } from '@cokernel/proto/hub';
import type { BenchClient, BenchNotebook } from './client.js';

const FLAGS = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking'];
const QUIET = ['--disable-component-update', '--disable-sync'];

/** `executablePath`: Chromium's. */
export async function pageClient(
  address: HubAddress,
  notebook: BenchNotebook,
  executablePath: string,
): Promise<BenchClient> {
  const browser = await chromium.launch({ executablePath, args: [...FLAGS, ...QUIET] });
  const page = await browser.newPage();
  // tsx marks functions with their names by this helper, which is not in the page that they are sent to.
  await page.addInitScript('globalThis.__name = (named) => named;');
  await page.goto(`${address.url}/notebooks/${notebook.path}?token=${address.token ?? ''}&name=Bench`);
  await page.locator('[data-cell-id]').first().waitFor();
  return { name: 'page', run: () => run(page, notebook), close: () => browser.close() };
}

function run(page: Page, { cellId, code }: BenchNotebook): Promise<number> {
  const requestId = RequestId.parse(crypto.randomUUID());
  return page.evaluate(runInPage, { requestId, cells: [{ cellId, sourceHash: sourceHash(code) }] });
}

/** Runs inside the page, by what it shows to programs as `window.cokernel`. */
async function runInPage(
  asked: Parameters<Room['call']>[1] & { cells: readonly { cellId: string }[] },
): Promise<number> {
  const { room } = (globalThis as unknown as { cokernel: { room: Room } }).cokernel;
  const cells = room.document?.doc.getArray<{ get(key: string): unknown }>('cells');
  const cell = cells?.toArray().find((one) => one.get('id') === asked.cells[0]?.cellId);
  if (cells === undefined || cell === undefined) throw new Error('the cell is not in the document');
  const text = (): string => JSON.stringify(cell.get('outputs'));
  const before = text();
  const start = performance.now();
  const arrived = new Promise<number>((resolve) => {
    const look = (): void => {
      if (text() === before || text() === '[]') return;
      cells.unobserveDeep(look);
      resolve(performance.now() - start);
    };
    cells.observeDeep(look);
  });
  await room.call('run', asked as Parameters<typeof room.call<'run'>>[1]);
  const took = await arrived;
  await new Promise<void>((resolve) => {
    const look = (): void => {
      if (room.state.queue.running !== null || room.state.queue.queued.length > 0) return;
      stop();
      resolve();
    };
    const stop = room.subscribe(look);
    queueMicrotask(look);
  });
  return took;
}
