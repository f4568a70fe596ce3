/** What a document has outside: taken out by thresholds, named, found again, and whole again in the file. */
import { describe, expect, test } from '@jest/globals';
import { createHash } from 'node:crypto';
import fc from 'fast-check';
import * as Y from 'yjs';
import { ContentHash } from '../../src/hub/index.js';
import {
  STORED_MIME,
  decodeContent,
  displayInFile,
  fillDocument,
  makeCodeCell,
  makeNotebook,
  readDocument,
  readNotebook,
  storedBundle,
  takeOutside,
  textInFile,
  writeNotebook,
  type JsonValue,
  type Notebook,
  type Output,
  type OutsideLimits,
} from '../../src/notebook/index.js';
import { anyNotebook } from './any-notebook.js';

class Blobs {
  readonly byHash = new Map<string, Uint8Array>();

  put = (bytes: Uint8Array): ContentHash => {
    const hash = ContentHash.parse(createHash('sha256').update(bytes).digest('hex'));
    this.byHash.set(hash, bytes);
    return hash;
  };

  sizeOf = (hash: ContentHash): number | null => this.byHash.get(hash)?.byteLength ?? null;
}

/** As a file has it, when this may be brought inside. */
function inFile(notebook: Notebook, blobs: Blobs, mayCome: (bytes: number) => boolean = () => true): Notebook {
  const bytesOf = (hash: ContentHash | null): Uint8Array | null => {
    const bytes = blobs.byHash.get(hash ?? '') ?? null;
    return bytes !== null && mayCome(bytes.byteLength) ? bytes : null;
  };
  const whole = (output: Output): readonly Output[] => {
    if (output.output_type === 'error' || output.output_type === 'stream') {
      const bytes = bytesOf(output.stored?.sha256 ?? null);
      return textInFile(output, bytes === null ? null : new TextDecoder().decode(bytes));
    }
    const contents = new Map<string, JsonValue>();
    for (const [mime, { sha256, base64 }] of Object.entries(storedBundle(output.data) ?? {})) {
      const bytes = bytesOf(sha256);
      if (bytes !== null) contents.set(mime, decodeContent(mime, { bytes, base64 }));
    }
    return [displayInFile(output, contents)];
  };
  const cells = notebook.cells.map((cell) =>
    cell.cell_type === 'code' ? { ...cell, outputs: cell.outputs.flatMap(whole) } : cell,
  );
  return { ...notebook, cells };
}

function throughDocument(notebook: Notebook): Notebook {
  const doc = new Y.Doc();
  fillDocument(doc, notebook);
  return readDocument(doc);
}

const LIMITS: OutsideLimits = { display: 10, streamHead: 6, streamTail: 4 };
const PNG = 'iVBORw0KGgoAAAANSUhEUg==\n';

const withOutputs = (...outputs: Output[]): Notebook => makeNotebook([{ ...makeCodeCell('1'), outputs }]);

function outputsOf(notebook: Notebook): readonly Output[] {
  const [cell] = notebook.cells;
  return cell?.cell_type === 'code' ? cell.outputs : [];
}

describe('a notebook', () => {
  test('comes back as the same file, whatever was taken outside', () => {
    fc.assert(
      fc.property(anyNotebook, (notebook) => {
        const blobs = new Blobs();
        const inside = throughDocument(takeOutside(notebook, LIMITS, blobs));
        expect(writeNotebook(inFile(inside, blobs))).toBe(writeNotebook(notebook));
      }),
    );
  });

  test('of which nothing comes inside says so in its file, and has all again when that is opened', () => {
    fc.assert(
      fc.property(anyNotebook, (notebook) => {
        const blobs = new Blobs();
        const inside = throughDocument(takeOutside({ ...notebook, nbformat_minor: 5 }, LIMITS, blobs));
        const file = writeNotebook(inFile(inside, blobs, () => false));
        for (const hash of blobs.byHash.keys()) expect(file).toContain(hash);
        expect(file).not.toContain(STORED_MIME);
        const again = throughDocument(takeOutside(readNotebook(file).notebook, LIMITS, blobs));
        expect(writeNotebook(inFile(again, blobs))).toBe(writeNotebook({ ...notebook, nbformat_minor: 5 }));
      }),
    );
  });
});

describe('a display', () => {
  const display = (data: Record<string, JsonValue>, metadata = {}): Output => {
    return { output_type: 'display_data', data, metadata };
  };

  test('keeps what is small and says what lies outside', () => {
    const blobs = new Blobs();
    const [output] = outputsOf(
      takeOutside(withOutputs(display({ 'text/plain': 'A', 'image/png': PNG })), LIMITS, blobs),
    );
    expect(output).toMatchObject({ data: { 'text/plain': 'A', [STORED_MIME]: { 'image/png': { bytes: 16 } } } });
  });

  test('has a line of text when nothing of it is small, which no file has', () => {
    const blobs = new Blobs();
    const notebook = withOutputs(display({ 'image/png': PNG }));
    const inside = takeOutside(notebook, LIMITS, blobs);
    expect(outputsOf(inside)[0]).toMatchObject({ data: { 'text/plain': expect.stringContaining('image/png') } });
    expect(outputsOf(inFile(inside, blobs))).toEqual(outputsOf(notebook));
  });

  test('of a file that names what is not here stays as it is', () => {
    const blobs = new Blobs();
    const file = inFile(takeOutside(withOutputs(display({ 'image/png': PNG })), LIMITS, blobs), blobs, () => false);
    expect(takeOutside(file, LIMITS, new Blobs())).toEqual(file);
  });

  test('of a file that names a part that is here has that part', () => {
    const blobs = new Blobs();
    const notebook = withOutputs(display({ 'image/png': PNG, 'text/html': '<b>long enough</b>' }));
    const file = inFile(takeOutside(notebook, LIMITS, blobs), blobs, () => false);
    for (const [hash, bytes] of blobs.byHash) if (bytes.byteLength === 16) blobs.byHash.delete(hash);
    const [output] = outputsOf(takeOutside(file, LIMITS, blobs));
    expect(output).toMatchObject({
      data: { [STORED_MIME]: { 'text/html': {} } },
      metadata: { cokernel: { stored: { 'image/png': {} } } },
    });
  });

  test('keeps what else its metadata has', () => {
    const metadata = { 'image/png': { width: 1 }, cokernel: { other: 1 } };
    const blobs = new Blobs();
    const inside = takeOutside(withOutputs(display({ 'image/png': PNG }, metadata)), LIMITS, blobs);
    const file = inFile(inside, blobs, () => false);
    expect(outputsOf(file)[0]).toMatchObject({ metadata: { ...metadata, cokernel: { other: 1, stored: {} } } });
    expect(outputsOf(takeOutside(file, LIMITS, blobs))[0]).toMatchObject({ metadata });
    expect(outputsOf(inFile(inside, blobs))[0]).toMatchObject({ metadata });
  });
});

describe('a stream', () => {
  const stream = (text: string): Output => ({ output_type: 'stream', name: 'stdout', text });

  test('keeps its first part and its newest whole lines, with a line between that says how much is where', () => {
    const blobs = new Blobs();
    const text = 'one\ntwo\nthree\nfour\nab\n';
    const [output] = outputsOf(takeOutside(withOutputs(stream(text)), LIMITS, blobs));
    const hash = [...blobs.byHash.keys()][0] ?? '';
    const line = `⋯ not all of this output is here: Cokernel keeps its 22 bytes as sha256 ${hash} ⋯`;
    expect(output).toEqual({
      ...stream(`one\ntw\n${line}\nab\n`),
      stored: { id: hash, sha256: hash, bytes: 22, gap: { from: 6, to: 8 + line.length } },
    });
  });

  test('no character is cut in two', () => {
    const blobs = new Blobs();
    const text = '12345😀'.repeat(9);
    const [output] = outputsOf(takeOutside(withOutputs(stream(text)), LIMITS, blobs));
    expect(JSON.stringify(output)).not.toMatch(/\\ud[89a-f]/);
  });

  test('that still grows names its text in the file', () => {
    const stored = { id: 'run-1', sha256: null, bytes: 900, gap: { from: 3, to: 8 } };
    const output = { ...stream('abc\n⋯⋯⋯\nxyz'), stored } as Extract<Output, { output_type: 'stream' }>;
    const text = 'abc\n⋯ not all of this output is here: Cokernel keeps its 900 bytes as text run-1 ⋯\nxyz';
    expect(textInFile(output, null)).toEqual([stream(text)]);
  });
});
