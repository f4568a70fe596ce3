/**
 * Puts outputs, lets texts grow and refers to both, prints each as a line of JSON once it is durable; never ends. What is in
 * an output or a text follows from its number.
 */
import { TextId, FileId, type ContentHash } from '@cokernel/proto/hub';
import { FileOutputStore } from '../../src/storage/outputs/output-store.js';
import { outputOf, textLine } from './numbered-outputs.js';

const [folder = '', first = '0'] = process.argv.slice(2);

const store = new FileOutputStore({ folder, onNotice: () => undefined, now: () => new Date(), rewriteFromBytes: 1 });
await store.start();
const by = { fileId: FileId.parse('n'), holder: 'log' };
const tell = (said: object): void => void process.stdout.write(`${JSON.stringify(said)}\n`);

async function putOne(number: number): Promise<void> {
  const hash = await store.put(outputOf(number));
  await store.refer(by, [hash]);
  tell({ put: hash });
}

async function growOne(number: number): Promise<void> {
  const id = TextId.parse(`text.${String(number)}`);
  const text = await store.grow(id, 0);
  await store.refer(by, [id]);
  for (let line = 0; line < 200; line += 1) {
    text.append(textLine(number, line));
    if (line % 20 !== 0) continue;
    const { size } = text;
    await text.durable();
    tell({ text: number, size });
  }
  const hash: ContentHash = await text.finish();
  await store.refer(by, [hash]);
  tell({ put: hash });
}

for (let number = Number(first); ; number += 1) {
  // Two lists that take turns: what they say stays as long as it is, and is written anew again and again.
  const names = Array.from({ length: 20 }, (_, n) => TextId.parse(`${number % 2 === 0 ? 'even' : 'odd'}-${String(n)}`));
  const others = { fileId: FileId.parse('others'), holder: 'log' };
  await Promise.all([putOne(number), putOne(number + 0.5), growOne(number), store.setReferences(others, names)]);
}
