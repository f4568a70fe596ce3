/** Follows a run's transcript: NDJSON as it grows, until the entry that ends it. */
import type { RunId } from '@cokernel/proto/hub';
import { TranscriptEntry } from '@cokernel/proto/hub';
import { z } from 'zod';
import { HubError } from './hub-error.js';
import { linesOf, parseJson } from './ndjson-lines.js';
import type { Rest } from './rest.js';

export interface ReadTranscript {
  /** Wait for entries that are still to come, until `finished`. */
  readonly follow: boolean;
  readonly signal?: AbortSignal;
}

/**
 * Each entry once, in order. With `follow`, a broken connection is taken up again where it broke, at once and then once more
 * for every entry that came; a hub that is gone ends it with HubError `unreachable`.
 */
export async function* readTranscript(
  rest: Rest,
  runId: RunId,
  options: ReadTranscript,
): AsyncGenerator<TranscriptEntry> {
  let seen = 0;
  for (;;) {
    const before = seen;
    let position = 0;
    for await (const entry of readOnce(rest, runId, options)) {
      position += 1;
      if (position <= seen) continue;
      seen = position;
      yield entry;
      if (entry.type === 'finished') return;
    }
    if (!options.follow) return;
    if (seen === before) throw new HubError('unreachable', `the hub stopped telling about run ${runId}`, null);
  }
}

/** Ends without an error when the connection breaks. */
async function* readOnce(rest: Rest, runId: RunId, options: ReadTranscript): AsyncGenerator<TranscriptEntry> {
  const response = await rest.send({
    method: 'GET',
    path: `/api/hub/runs/${encodeURIComponent(runId)}/transcript${options.follow ? '?follow=1' : ''}`,
    ...(options.signal === undefined ? {} : { signal: options.signal }),
  });
  if (response.body === null) return;
  const lines = linesOf(response.body);
  for (;;) {
    const line = await lineOf(lines, options.signal);
    if (line === null) return;
    yield parseEntry(line, response.status);
  }
}

/** Null at the end, and when the connection broke. */
async function lineOf(lines: AsyncGenerator<string>, signal: AbortSignal | undefined): Promise<string | null> {
  try {
    const next = await lines.next();
    return next.done === true ? null : next.value;
  } catch (error) {
    if (signal?.aborted === true) throw error;
    return null;
  }
}

function parseEntry(line: string, status: number): TranscriptEntry {
  const entry = TranscriptEntry.safeParse(parseJson(line));
  if (entry.success) return entry.data;
  throw new HubError('badAnswer', `a transcript entry can't be read: ${z.prettifyError(entry.error)}`, status);
}
