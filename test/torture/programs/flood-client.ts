/** A program that joins the room of a flood and does what its parent tells it (support/flood-order.ts). */
import { Visitor } from '../support/visitor.js';
import { FloodOrder, type FloodAnswer } from '../support/flood-order.js';

/** A flood that can't be stopped has to be told as well. */
const INTERRUPT_WITHIN_MS = 30_000;

let visitor: Visitor | null = null;

process.on('message', (message) => {
  const begun = performance.now();
  obey(FloodOrder.parse(message)).then(
    () => answer({ answer: 'done', ms: performance.now() - begun }),
    (error: unknown) => answer({ answer: 'failed', why: error instanceof Error ? error.message : String(error) }),
  );
});

async function obey(order: FloodOrder): Promise<void> {
  if (order.order === 'join') {
    visitor = await Visitor.join({ url: order.url, token: order.token }, order.path, 'Flora', 'page');
    return;
  }
  if (visitor === null) throw new Error('it has joined no room yet');
  return order.order === 'run' ? run(visitor, order.cellId, order.source) : interrupt(visitor, order.cellId);
}

async function run(client: Visitor, cellId: string, source: string): Promise<void> {
  client.write(cellId, source);
  const runId = await client.run(cellId, source);
  await client.waits('to see output', () => client.runOf(cellId)?.runId === runId && client.shown(cellId).length > 0);
}

async function interrupt(client: Visitor, cellId: string): Promise<void> {
  const running = client.room.state.queue.running?.runId;
  if (running === undefined) throw new Error('nothing runs that could be interrupted');
  await client.room.call('interrupt', { runId: running });
  await client.sawEnd(cellId, running, INTERRUPT_WITHIN_MS);
}

function answer(told: FloodAnswer): void {
  process.send?.(told);
}
