/** Random operations: by one client they do what they would to a plain list of cells; by three, in any order, all agree. */
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import * as Y from 'yjs';
import { CellId } from '../../src/hub/index.js';
import {
  appendCell,
  changeCellType,
  clearAllOutputs,
  clearOutputs,
  copyCells,
  cutCells,
  deleteCell,
  fillDocument,
  findCell,
  insertCell,
  insertCellAfter,
  makeCell,
  makeCodeCell,
  makeNotebook,
  makeStream,
  makeYOutput,
  markDeleting,
  mergeCells,
  NotebookSnapshots,
  moveCell,
  moveCellAfter,
  outputsOf,
  pasteCells,
  readDocument,
  setExecutionCount,
  setMetadata,
  setNotebookMetadata,
  setSource,
  setTags,
  setVisibility,
  splitCell,
  writeNotebook,
  type Cell,
  type CellType,
  type JsonValue,
} from '../../src/notebook/index.js';
import { runPython } from './python.js';

const TYPES: readonly CellType[] = ['code', 'markdown', 'raw'];

/** `a` and `b` name cells by their place as it is then; a place past the end counts from the top again. */
interface Step {
  readonly what: keyof typeof operations;
  readonly a: number;
  readonly b: number;
  readonly text: string;
}

/** What an operation does to the list of cells: ids and texts, as far as that can be said without a document. */
type Model = { readonly id: CellId; readonly type: CellType; readonly source: string }[];

interface Operation {
  /** On a document; `id` and `other` are cells that are there. */
  readonly act: (doc: Y.Doc, id: CellId, other: CellId, step: Step) => unknown;
  /** On the model, by places. Absent: nothing of ids, types and texts changes. */
  readonly mean?: (model: Model, a: number, b: number, step: Step) => void;
}

const typeOf = (step: Step): CellType => TYPES[step.b % 3] ?? 'raw';
/** The next id is told by what is in the step, so that the model knows it too. */
const made = (step: Step): Cell => ({ ...makeCell(typeOf(step), step.text), id: CellId.parse(`n${step.a}-${step.b}`) });
const asModel = ({ id, cell_type: type, source }: Cell): Model[number] => ({ id, type, source });

const operations = {
  insert: {
    act: (doc, _id, _other, step) => insertCell(doc, step.a, made(step)),
    mean: (model, _a, _b, step) => void model.splice(Math.min(step.a, model.length), 0, asModel(made(step))),
  },
  insertAfter: {
    act: (doc, id, _other, step) => insertCellAfter(doc, id, made(step)),
    mean: (model, a, _b, step) => void model.splice(a + 1, 0, asModel(made(step))),
  },
  append: {
    act: (doc, _id, _other, step) => appendCell(doc, made(step)),
    mean: (model, _a, _b, step) => void model.push(asModel(made(step))),
  },
  delete: {
    act: (doc, id) => deleteCell(doc, id),
    mean: (model, a) => void model.splice(a, 1),
  },
  moveBefore: {
    act: (doc, id, other) => moveCell(doc, id, other),
    mean: (model, a, b) => {
      const [cell] = model.splice(a, 1);
      if (cell !== undefined) model.splice(a < b ? b - 1 : b, 0, cell);
    },
  },
  moveAfter: {
    act: (doc, id, other) => moveCellAfter(doc, id, other),
    mean: (model, a, b) => {
      const [cell] = model.splice(a, 1);
      if (cell !== undefined) model.splice(a <= b ? b : b + 1, 0, cell);
    },
  },
  setSource: {
    act: (doc, id, _other, step) => setSource(doc, id, step.text),
    mean: (model, a, _b, step) =>
      void model.splice(a, 1, ...model.slice(a, a + 1).map((cell) => ({ ...cell, source: step.text }))),
  },
  changeType: {
    act: (doc, id, _other, step) => changeCellType(doc, id, typeOf(step)),
    mean: (model, a, _b, step) =>
      void model.splice(a, 1, ...model.slice(a, a + 1).map((cell) => ({ ...cell, type: typeOf(step) }))),
  },
  merge: {
    act: (doc, id, other) => mergeCells(doc, [id, other]),
    mean: (model, a, b) => {
      const [first, second] = [model[Math.min(a, b)], model[Math.max(a, b)]];
      if (first === undefined || second === undefined || first === second) return;
      model.splice(Math.max(a, b), 1);
      model.splice(Math.min(a, b), 1, { ...first, source: `${first.source}\n\n${second.source}` });
    },
  },
  cutAndPaste: {
    act: (doc, id, other) => pasteCells(doc, id === other ? null : other, cutCells(doc, [id])),
    mean: (model, a, b) => {
      const [cell] = model.splice(a, 1);
      if (cell !== undefined) model.splice(a === b ? model.length : a < b ? b - 1 : b, 0, cell);
    },
  },
  setTags: { act: (doc, id, _other, step) => setTags(doc, id, Array.from(step.text)) },
  setMetadata: { act: (doc, id, _other, step) => setMetadata(doc, id, 'key', odd(step)) },
  setNotebookMetadata: { act: (doc, _id, _other, step) => setNotebookMetadata(doc, 'key', odd(step)) },
  setVisibility: {
    act: (doc, id, _other, step) => setVisibility(doc, id, { source: step.a % 2 === 0, outputs: step.b % 2 === 0 }),
  },
  setCount: { act: (doc, id, _other, step) => setExecutionCount(doc, id, step.b) },
  clear: { act: (doc, id) => clearOutputs(doc, id) },
  clearAll: { act: (doc) => clearAllOutputs(doc) },
  markDeleting: { act: (doc, id, _other, step) => markDeleting(doc, id, step.b % 2 === 0) },
  print: { act: print },
} as const satisfies Record<string, Operation>;

/** Their new cells have ids that only the document knows. */
const unforeseen = {
  split: (doc: Y.Doc, id: CellId, _other: CellId, step: Step) => splitCell(doc, id, step.b),
  copyAndPaste: (doc: Y.Doc, id: CellId, other: CellId) => pasteCells(doc, other, copyCells(doc, [id])),
};

function odd({ a, text }: Step): JsonValue | undefined {
  return [undefined, null, { deep: [text, { a }] }, text][a % 4];
}

function print(doc: Y.Doc, id: CellId, _other: CellId, { text }: Step): void {
  const cell = findCell(doc, id);
  const outputs = cell === null ? null : outputsOf(cell);
  outputs?.insert(outputs.length, [makeYOutput(makeStream('stdout', text))]);
}

const text = fc.string({ unit: fc.constantFrom('a', 'b', '\n', '😀', ' ', '\r'), maxLength: 8 });
const placed = { a: fc.nat({ max: 20 }), b: fc.nat({ max: 20 }), text };
const step = fc.record({ what: fc.constantFrom(...(Object.keys(operations) as Step['what'][])), ...placed });
const anyName = fc.constantFrom(...Object.keys(operations), ...Object.keys(unforeseen));

function start(): Y.Doc {
  const doc = new Y.Doc();
  const cells = ['one', 'two', 'three'].map((source, index) => ({
    ...makeCodeCell(source),
    id: CellId.parse(`c${index}`),
  }));
  fillDocument(doc, makeNotebook(cells));
  return doc;
}

function follow(doc: Y.Doc): NotebookSnapshots {
  const snapshots = new NotebookSnapshots(doc);
  snapshots.start();
  return snapshots;
}

test('[C3] [C7] what one client does is what it would be to a list of cells', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 25 }), (steps) => {
      const doc = start();
      const snapshots = follow(doc);
      const model: Model = readDocument(doc).cells.map(asModel);
      for (const each of steps) {
        if (model.length === 0) break;
        const [a, b] = [each.a % model.length, each.b % model.length];
        const [cell, other] = [model[a], model[b]];
        if (cell === undefined || other === undefined || model.some(({ id }) => id === made(each).id)) continue;
        const operation: Operation = operations[each.what];
        operation.act(doc, cell.id, other.id, each);
        operation.mean?.(model, a, b, each);
        expect(readDocument(doc).cells.map(asModel)).toEqual(model);
        expect(snapshots.now()).toEqual(readDocument(doc));
      }
    }),
    { numRuns: 80 },
  );
});

/** A client among others: what it does waits for each of them apart, and comes in any order, or late. */
class Peer {
  readonly doc = new Y.Doc();
  readonly snapshots = follow(this.doc);
  readonly waiting: Uint8Array[] = [];

  constructor(state: Uint8Array) {
    Y.applyUpdate(this.doc, state);
  }

  take(which: number): void {
    const [update] = this.waiting.splice(which % Math.max(1, this.waiting.length), 1);
    if (update !== undefined) Y.applyUpdate(this.doc, update, 'others');
  }
}

function meet(): readonly Peer[] {
  const state = Y.encodeStateAsUpdate(start());
  const peers = [0, 1, 2].map(() => new Peer(state));
  for (const peer of peers) {
    peer.doc.on('update', (update: Uint8Array, origin: unknown) => {
      if (origin !== 'others') for (const other of peers) if (other !== peer) other.waiting.push(update);
    });
  }
  return peers;
}

function act(doc: Y.Doc, what: string, each: Omit<Step, 'what'>): void {
  const { cells } = readDocument(doc);
  const [cell, other] = [cells[each.a % Math.max(1, cells.length)], cells[each.b % Math.max(1, cells.length)]];
  if (cell === undefined || other === undefined) return;
  const known = {
    ...operations,
    ...Object.fromEntries(Object.entries(unforeseen).map(([name, one]) => [name, { act: one }])),
  };
  const operation = Object.entries<Operation>(known).find(([name]) => name === what)?.[1];
  operation?.act(doc, cell.id, other.id, { ...each, what: 'append' });
}

test('[C3] [C7] what three clients do in any order, also parted, ends alike and is a valid notebook', () => {
  const peerStep = fc.record({ who: fc.nat({ max: 2 }), what: fc.oneof(anyName, fc.constant('take')), ...placed });
  const ended: string[] = [];
  fc.assert(
    fc.property(fc.array(peerStep, { maxLength: 40 }), (steps) => {
      const peers = meet();
      for (const { who, what, ...rest } of steps) {
        const peer = peers[who];
        if (what === 'take') peer?.take(rest.a);
        else if (peer !== undefined) act(peer.doc, what, rest);
        if (peer !== undefined) expect(peer.snapshots.now()).toEqual(readDocument(peer.doc));
      }
      for (const peer of peers) while (peer.waiting.length > 0) peer.take(peer.waiting.length - 1);
      const [first, ...others] = peers.map(({ doc }) => readDocument(doc));
      for (const other of others) expect(other).toEqual(first);
      if (first !== undefined) ended.push(writeNotebook(first));
    }),
    { numRuns: 80 },
  );
  const validate = [
    'import json, sys, warnings, nbformat',
    'warnings.simplefilter("ignore")',
    'for notebook in json.load(sys.stdin): nbformat.validate(notebook)',
  ];
  runPython(validate.join('\n'), `[${ended.join(',')}]`);
}, 60_000);
