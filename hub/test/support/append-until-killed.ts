/** Appends numbered updates to a log, compacting now and then, and prints each number once it is durable; never ends. */
import { Epoch, FileId } from '@cokernel/proto/hub';
import { EmbeddedDocumentStore } from '../../src/storage/embedded/document-store.js';

const [folder = '', fileId = ''] = process.argv.slice(2);

const numbered = (number: number): Uint8Array => {
  const bytes = Buffer.alloc(300);
  bytes.writeUInt32BE(number);
  return bytes;
};

const store = new EmbeddedDocumentStore({ folder, onNotice: () => undefined, now: () => new Date() });
await store.start();
const log = await store.create(FileId.parse(fileId), 1, Epoch.parse('epoch-1'), numbered(0));
let compacting: Promise<void> | null = null;
for (let next = 1; ;) {
  const round: Promise<void>[] = [];
  for (let each = 0; each < 8; each += 1, next += 1) {
    const number = next;
    const mark = { runId: 'r', journalId: 'j', seq: number, reducerState: null, end: null };
    round.push(
      log.append({ update: numbered(number), mark }).then(() => {
        process.stdout.write(`${String(number)}\n`);
      }),
    );
  }
  if (next % 5 === 0 && compacting === null) {
    compacting = log.compact(numbered(next - 1)).finally(() => {
      compacting = null;
    });
  }
  await Promise.all(round);
}
