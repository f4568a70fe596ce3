/** Whether plots are whole: named in the document, there over REST, and in the saved file as far as its limits allow. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { HubClient } from '@cokernel/core';
import type { FileId } from '@cokernel/proto/hub';
import { storedBundle, StoredBundle, type Output } from '@cokernel/proto/notebook';
import { z } from 'zod';
import { plot } from './large-outputs.js';

export interface PlotsPlace {
  readonly hub: HubClient;
  readonly fileId: FileId;
  readonly outputs: readonly Output[];
  readonly cellId: string;
  readonly file: string;
  readonly count: number;
  readonly seed: number;
}

/** Of an .ipynb, unless a hub is told otherwise. */
const FILE_BYTES = 100 * 2 ** 20;
const PNG = 'image/png';

/** Resolves with how many are whole in the file; rejects with what is wrong. */
export async function readPlots(place: PlotsPlace): Promise<number> {
  const hashes = Array.from({ length: place.count }, (_, n) => sha256(plot(n, place.seed)));
  if (place.outputs.length !== place.count)
    throw new Error(`${place.outputs.length} of ${place.count} plots are shown`);
  for (const [n, output] of place.outputs.entries()) await readPlot(place, output, n, hashes[n] ?? '');
  return readFile(place, hashes);
}

async function readPlot({ hub, fileId }: PlotsPlace, output: Output, n: number, hash: string): Promise<void> {
  const data = output.output_type === 'display_data' ? output.data : {};
  const named = storedBundle(data)?.[PNG]?.sha256;
  if (data['text/plain'] !== `<plot ${n}>` || named !== hash || PNG in data) {
    throw new Error(`output ${n} of the document is not plot ${n}: ${JSON.stringify(data).slice(0, 300)}`);
  }
  const { response } = await hub.readStoredOutput({ fileId, sha256: named });
  const found = sha256(new Uint8Array(await response.arrayBuffer()));
  if (found !== hash) throw new Error(`plot ${n} over REST is another`);
}

const SavedPlot = z.object({
  data: z.object({ [PNG]: z.union([z.string(), z.array(z.string()).transform((lines) => lines.join(''))]).optional() }),
  metadata: z.object({ cokernel: z.object({ stored: StoredBundle }).optional() }),
});
const SavedNotebook = z.object({ cells: z.array(z.object({ id: z.string(), outputs: z.array(z.unknown()) })) });

function readFile({ file, cellId, count }: PlotsPlace, hashes: readonly string[]): number {
  const bytes = readFileSync(file, 'utf8');
  const cell = SavedNotebook.parse(JSON.parse(bytes)).cells.find(({ id }) => id === cellId);
  const plots = z.array(SavedPlot).parse(cell?.outputs);
  if (plots.length !== count) throw new Error(`${plots.length} of ${count} plots are in the file`);
  const whole = plots.filter(({ data, metadata }, n) => {
    const png = data[PNG];
    const found = png === undefined ? metadata.cokernel?.stored[PNG]?.sha256 : sha256(Buffer.from(png, 'base64'));
    if (found !== hashes[n]) throw new Error(`output ${n} of the file is not plot ${n}`);
    return png !== undefined;
  });
  const room = FILE_BYTES - bytes.length;
  if (whole.length < count && room > 2 ** 20) throw new Error(`the file leaves plots out, with room for ${room} bytes`);
  return whole.length;
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
