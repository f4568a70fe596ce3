/**
 * What the keeper's journal says of the requests that were sent to one kernel, read from its files: records of
 * `length u32 | crc32 u32 | kind u8 | seq u64 | payload`, little endian, where `length` counts what follows the crc32.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';

const HEAD_BYTES = 17;
const BEFORE_LENGTH_COUNTS = 8;
const KIND_EVENT = 1;

const Sent = z.object({ type: z.literal('sent'), msgId: z.string(), fence: z.number() });
export type SentRequest = z.infer<typeof Sent>;

/** In the order in which they were sent. `dataFolder` is the hubs'. */
export function requestsSent(dataFolder: string, kernelId: string): readonly SentRequest[] {
  const folder = join(dataFolder, 'kernels', kernelId);
  const seqs = readdirSync(folder).flatMap((name) => /^journal-(\d+)$/.exec(name)?.[1] ?? []);
  const files = seqs.map(Number).sort((one, other) => one - other);
  return files.flatMap((seq) => sentIn(readFileSync(join(folder, `journal-${seq}`))));
}

function sentIn(bytes: Buffer): readonly SentRequest[] {
  const sent: SentRequest[] = [];
  for (let at = 0; at + HEAD_BYTES <= bytes.length; at += BEFORE_LENGTH_COUNTS + bytes.readUInt32LE(at)) {
    const end = at + BEFORE_LENGTH_COUNTS + bytes.readUInt32LE(at);
    if (end > bytes.length || bytes[at + BEFORE_LENGTH_COUNTS] !== KIND_EVENT) continue;
    const event = Sent.safeParse(JSON.parse(bytes.toString('utf8', at + HEAD_BYTES, end)));
    if (event.success) sent.push(event.data);
  }
  return sent;
}
