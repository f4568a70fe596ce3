/** Pure: the outputs of a cell as entries of a transcript, so that whatever reads one reads the other; and an entry as text. */
import type { TranscriptEntry } from '@cokernel/proto/hub';
import type { Output } from '@cokernel/proto/notebook';
import { outputText } from './output-text.js';
import { makePaint } from './terminal-text.js';

export function entriesOf(outputs: readonly Output[]): readonly TranscriptEntry[] {
  return outputs.flatMap((output, index): readonly TranscriptEntry[] => {
    if (output.output_type !== 'stream') return [{ type: 'output', output }];
    const { stored, ...stream } = output;
    if (stored === undefined) return [{ type: 'output', output: stream }];
    const { from } = stored.gap;
    const first = { ...stream, text: stream.text.slice(0, from) };
    return [
      { type: 'output', output: first },
      { type: 'storedText', index, text: stream.text.slice(from), stored },
    ];
  });
}

const PLAIN = { paint: makePaint(false), openAt: null };

/** As it was printed; of what is no text, its name. Empty for what is no output. */
export function rawText(entry: TranscriptEntry): string {
  if (entry.type === 'streamText') return entry.text;
  if (entry.type !== 'output') return '';
  const { output } = entry;
  if (output.output_type === 'stream') return output.text;
  const bare = output.output_type === 'execute_result' ? ({ ...output, output_type: 'display_data' } as const) : output;
  const text = outputText(bare, PLAIN);
  return text === '' ? '' : `${text}\n`;
}
