/** Pure: docs/conformance.md, whose table says what becomes of each notebook of the corpus. */
import { deliberate } from './deliberate.js';
import type { Examined } from './examine.js';

const BEGIN = '<!-- corpus: written by scripts/conformance.mjs -->';
const END = '<!-- end of corpus -->';

/** The page with its table written anew. */
export function withTable(page: string, corpus: readonly Examined[]): string {
  const [before = '', after = ''] = [page.split(BEGIN)[0], page.split(END)[1]];
  return [before, BEGIN, '\n', ...lines(corpus), END, after].join('');
}

function lines(corpus: readonly Examined[]): readonly string[] {
  const count = (roundTrip: Examined['roundTrip']): number =>
    corpus.filter((file) => file.roundTrip === roundTrip).length;
  const summary =
    `${String(corpus.length)} notebooks: ${String(count('same bytes'))} come back with the bytes that nbformat writes, ` +
    `${String(count('same bytes but for new ids'))} with those but for ids that had to be made, ` +
    `${String(count('other bytes'))} with others, ${String(count('nbformat does not open it'))} nbformat does not open; ` +
    `${String(count(null))} are refused.`;
  const head = ['| file | read | validate | round trip |', '|---|---|---|---|'];
  return [summary, '', ...head, ...corpus.map(rowOf)].map((line) => `${line}\n`);
}

function rowOf(file: Examined): string {
  const cells = [`\`${file.name}\``, readCell(file), validateCell(file), roundTripCell(file)];
  return `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
}

function readCell({ refusal, notices }: Examined): string {
  if (refusal !== null) return `refused: ${refusal}`;
  if (notices.length === 0) return 'yes';
  return notices.length === 1 ? 'yes, with a notice' : `yes, with ${String(notices.length)} notices`;
}

function validateCell(file: Examined): string {
  if (file.refusal !== null) return '';
  return file.isValid ? 'valid' : `not valid: ${why(file)}`;
}

function roundTripCell(file: Examined): string {
  switch (file.roundTrip) {
    case null:
      return '';
    case 'same bytes':
    case 'same bytes but for new ids':
      return file.roundTrip;
    case 'other bytes':
    case 'nbformat does not open it':
      return `${file.roundTrip}: ${why(file)}`;
  }
}

function why({ name }: Examined): string {
  return deliberate[name] ?? 'nobody knows why';
}

/** Whether a reason must be given for what became of the file. */
export function needsReason({ refusal, isValid, roundTrip }: Examined): boolean {
  const isSame = roundTrip === 'same bytes' || roundTrip === 'same bytes but for new ids';
  return refusal === null && !(isValid && isSame);
}
