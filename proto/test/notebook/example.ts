import { readFileSync, writeFileSync } from 'node:fs';
import * as Y from 'yjs';
import {
  appendCell,
  clearAllOutputs,
  fillDocument,
  makeMarkdownCell,
  readDocument,
  readNotebook,
  writeNotebook,
} from '@cokernel/proto/notebook';

/** Takes the outputs out of a notebook file and signs it. Answers what of the file could not be kept. */
export function tidy(path: string, name: string): readonly string[] {
  const file = readFileSync(path);
  const { notebook, notices } = readNotebook(file); // NotebookFormatError: what is wrong, and where

  const doc = new Y.Doc(); // may be shared meanwhile, by any Yjs provider
  fillDocument(doc, notebook);
  clearAllOutputs(doc);
  appendCell(doc, makeMarkdownCell(`Tidied by ${name}`));

  writeFileSync(path, writeNotebook(readDocument(doc), file.toString()));
  return notices;
}
