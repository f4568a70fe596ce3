/** A program in which many stock clients share a room; it does what its parent tells it (support/crowd-order.ts). */
import { createHash } from 'node:crypto';
import { until } from '../../end-to-end/support/until.js';
import { documentText } from '../support/cluster-copies.js';
import { CrowdMember } from '../support/crowd-member.js';
import { CrowdOrder, type CrowdAnswer, type CrowdView } from '../support/crowd-order.js';
import { Wire } from '../support/wire.js';

const members: CrowdMember[] = [];
const timers: NodeJS.Timeout[] = [];

// Each provider waits for the process's end.
process.setMaxListeners(0);

process.on('message', (message) => {
  const order = CrowdOrder.parse(message);
  obey(order).then(
    () => answer({ answer: 'done', view: view(order.order === 'compare') }),
    (error: unknown) => answer({ answer: 'failed', why: error instanceof Error ? error.message : String(error) }),
  );
});

async function obey(order: CrowdOrder): Promise<void> {
  switch (order.order) {
    case 'join':
      return join(order);
    case 'type':
      return type(order);
    case 'stop':
      for (const timer of timers.splice(0)) clearInterval(timer);
      return;
    case 'expect':
      for (const member of members) member.expect(order.cellId, order.word);
      return;
    case 'look':
    case 'compare':
  }
}

async function join(order: Extract<CrowdOrder, { order: 'join' }>): Promise<void> {
  const { port } = await Wire.to(...order.ports);
  for (let count = 0; count < order.clients; count += 1) {
    const member = new CrowdMember({ ...order, port });
    members.push(member);
    // One after the other, as people come: all at once would be a test of something else.
    await until('a client to be in step', () => member.synced);
  }
}

function type({ cellId, mark, typists, everyMs }: Extract<CrowdOrder, { order: 'type' }>): void {
  for (const [index, member] of members.slice(0, typists).entries()) {
    let count = 0;
    const next = (): void => member.type(cellId, `${mark}-${index}-${(count += 1)}`);
    timers.push(setInterval(next, everyMs));
  }
}

function view(compares: boolean): CrowdView {
  const documents: Record<string, number> = {};
  for (const { doc } of compares ? members : []) {
    const hash = createHash('sha256').update(documentText(doc)).digest('hex').slice(0, 16);
    documents[hash] = (documents[hash] ?? 0) + 1;
  }
  return {
    synced: members.filter(({ synced }) => synced).length,
    documents,
    words: members.flatMap(({ words }) => words),
    sawAt: members.map(({ sawAt }) => sawAt),
  };
}

function answer(told: CrowdAnswer): void {
  process.send?.(told);
}
