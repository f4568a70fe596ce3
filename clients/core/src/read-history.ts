/** Reads a notebook's history from the hub: the records as they come. */
import type { FileId } from '@cokernel/proto/hub';
import { HistoryRecord } from '@cokernel/proto/hub';
import { z } from 'zod';
import { HubError } from './hub-error.js';
import { linesOf, parseJson } from './ndjson-lines.js';
import type { Rest } from './rest.js';

/** In order. Rejects with HubError; `unreachable` when the connection breaks before the end. */
export async function* readHistory(rest: Rest, fileId: FileId): AsyncGenerator<HistoryRecord> {
  const response = await rest.send({ method: 'GET', path: `/api/hub/notebooks/${encodeURIComponent(fileId)}/history` });
  if (response.body === null) return;
  const lines = linesOf(response.body);
  for (;;) {
    const next = await lines.next().catch((error: unknown) => {
      throw new HubError('unreachable', `the history broke off: ${String(error)}`, null);
    });
    if (next.done === true) return;
    const record = HistoryRecord.safeParse(parseJson(next.value));
    if (record.success) yield record.data;
    else throw new HubError('badAnswer', `a history record can't be read: ${z.prettifyError(record.error)}`, null);
  }
}
