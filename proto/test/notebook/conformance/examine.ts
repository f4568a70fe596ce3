/** What becomes of each notebook of the corpus: read, through a shared document, written, and beside what nbformat does. */
import * as Y from 'yjs';
import {
  fillDocument,
  NotebookFormatError,
  readDocument,
  readNotebook,
  writeNotebook,
} from '../../../src/notebook/index.js';
import { nbformatSays, type SaidByNbformat } from '../python.js';
import { corpusFiles, type CorpusFile } from './corpus.js';

type RoundTrip = 'same bytes' | 'same bytes but for new ids' | 'other bytes' | 'nbformat does not open it';

export interface Examined {
  readonly name: string;
  /** Why it is not read, or null. */
  readonly refusal: string | null;
  readonly notices: readonly string[];
  /** Null when it was not read. */
  readonly roundTrip: RoundTrip | null;
  /** Whether nbformat finds valid what was written. */
  readonly isValid: boolean;
}

interface Written {
  readonly refusal: string | null;
  readonly notices: readonly string[];
  readonly text: string | null;
}

export function examineCorpus(): readonly Examined[] {
  const files = corpusFiles();
  const all = files.map(({ content }) => openAndSave(content));
  const said = nbformatSays(files.map(({ content }, index) => ({ content, written: all[index]?.text ?? null })));
  return files.map((file, index) => examined(file, all[index]!, said[index]!));
}

/** As the hub does it: the notebook is in a document that was sent over the wire in between. */
function openAndSave(content: Uint8Array): Written {
  try {
    const { notebook, notices } = readNotebook(content);
    return { refusal: null, notices, text: writeNotebook(readDocument(sent(notebook)), textOf(content)) };
  } catch (error) {
    if (error instanceof NotebookFormatError) return { refusal: error.message, notices: [], text: null };
    throw error;
  }
}

function sent(notebook: Parameters<typeof fillDocument>[1]): Y.Doc {
  const doc = new Y.Doc();
  fillDocument(doc, notebook);
  const twin = new Y.Doc();
  Y.applyUpdate(twin, Y.encodeStateAsUpdate(doc));
  return twin;
}

export function textOf(content: Uint8Array): string {
  return new TextDecoder().decode(content);
}

function examined({ name, content }: CorpusFile, { refusal, notices, text }: Written, said: SaidByNbformat): Examined {
  const roundTrip = text === null ? null : roundTripOf(text, said.saved, textOf(content));
  return { name, refusal, notices, roundTrip, isValid: said.invalid === null };
}

function roundTripOf(ours: string, theirs: string | null, file: string): RoundTrip {
  if (theirs === null) return 'nbformat does not open it';
  if (ours === theirs) return 'same bytes';
  const isSame = withoutNewIds(ours, file) === withoutNewIds(theirs, file);
  return isSame ? 'same bytes but for new ids' : 'other bytes';
}

/** Ids that the file does not have are random. */
function withoutNewIds(text: string, file: string): string {
  return text.replace(/^ {3}"id": ("[^"]*")/gm, (line, id: string) => (file.includes(id) ? line : '   "id": new'));
}
