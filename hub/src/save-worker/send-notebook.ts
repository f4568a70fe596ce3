/** A notebook's text as its file would have it, handed over piece by piece: so much at a time as who takes it has room for. */
import { notebookPieces } from '@cokernel/proto/notebook';
import type { Ask, SendJob, WorkerSettings } from './jobs.js';
import { WholeOutputs } from './whole-outputs.js';

/** Smaller ones would cost more to hand over than to make. */
const PIECE = 256 * 1024;

export async function sendNotebook({ notebook, readable }: SendJob, settings: WorkerSettings, ask: Ask): Promise<void> {
  let sent = 0;
  let waiting: string[] = [];
  let length = 0;
  const hand = async (): Promise<void> => {
    const bytes = new TextEncoder().encode(waiting.join(''));
    sent += bytes.byteLength;
    [waiting, length] = [[], 0];
    await ask({ kind: 'piece', bytes });
  };
  const own = new Set<string>(readable);
  const outputs = new WholeOutputs(
    settings,
    () => sent + length,
    (name) => own.has(name),
  );
  for await (const piece of notebookPieces(notebook, (output) => outputs.inFile(output))) {
    waiting.push(piece);
    length += piece.length;
    if (length >= PIECE) await hand();
  }
  await hand();
}
