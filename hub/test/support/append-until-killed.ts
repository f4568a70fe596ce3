/**
 * Appends numbered updates to a document's log, compacting now and then, and prints each number once it is durable; never
 * ends. A log that is there already is gone on with.
 */
import { randomBytes } from 'node:crypto';
import * as Y from 'yjs';
import { Epoch, FileId } from '@cokernel/proto/hub';
import { EmbeddedDocumentStore } from '../../src/storage/embedded/document-store.js';

const [folder = '', fileId = '', compactEvery = '200'] = process.argv.slice(2);

const store = new EmbeddedDocumentStore({ folder, onNotice: () => undefined, now: () => new Date() });
await store.start();
const doc = new Y.Doc();
const id = FileId.parse(fileId);
const opened = await store.open(id, 1);
for (const update of opened?.loaded.updates ?? []) Y.applyUpdate(doc, update);
const log = opened?.log ?? (await store.create(id, 1, Epoch.parse('epoch-1'), Y.encodeStateAsUpdate(doc)));

const numbers = doc.getArray<number>('numbers');
doc.on('update', (update: Uint8Array) => {
  const number = numbers.length - 1;
  const mark = { runId: 'r', journalId: 'j', seq: number, reducerState: null, end: null };
  log.append({ update, mark }).then(
    () => process.stdout.write(`${String(number)}\n`),
    (error: unknown) => {
      throw error;
    },
  );
});

let compacting = false;
for (;;) {
  for (let each = 0; each < 8; each += 1) {
    doc.transact(() => {
      numbers.push([numbers.length]);
      // What is replaced each time: the log grows, the document hardly.
      doc.getMap('noise').set('newest', randomBytes(400).toString('hex'));
    });
  }
  if (!compacting && numbers.length % Number(compactEvery) === 0) {
    compacting = true;
    log.compact().then(
      () => (compacting = false),
      (error: unknown) => {
        throw error;
      },
    );
  }
  await log.flushed();
}
