/** The notebook says which kernel it is for, as every Jupyter front end writes it. */
import { notebookMetadata, setNotebookMetadata, toJson, toJsonObject } from '@cokernel/proto/notebook';
import type { KernelSession } from '../run/kernel-session.js';
import type { RoomDocument } from './room-document.js';

/** Resolves when it is durable; writes nothing where it says so already. */
export async function nameKernel(document: RoomDocument, session: KernelSession): Promise<void> {
  const { specName, displayName, language } = session.view();
  const kernelspec = { name: specName, display_name: displayName, ...(language === null ? {} : { language }) };
  const wanted = { kernelspec, language_info: toJsonObject(session.languageInfo ?? {}) };
  const known = notebookMetadata(document.doc)?.toJSON() ?? {};
  const changed = Object.entries(wanted).filter(([key, value]) => !sameJson(known[key], value));
  if (changed.length === 0) return;
  await document.write(() => {
    for (const [key, value] of changed) setNotebookMetadata(document.doc, key, value);
  });
}

function sameJson(a: unknown, b: unknown): boolean {
  return JSON.stringify(toJson(a)) === JSON.stringify(toJson(b));
}
