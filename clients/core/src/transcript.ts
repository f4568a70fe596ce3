/** Follows a run's transcript: NDJSON as it grows, until the entry that ends it. */
import type { RunId } from '@cokernel/proto/hub';
import { TranscriptEntry } from '@cokernel/proto/hub';
import { z } from 'zod';
import { HubError } from './hub-error.js';
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
  for await (const line of lines(response.body, options.signal)) yield parseEntry(line, response.status);
}

function parseEntry(line: string, status: number): TranscriptEntry {
  const entry = TranscriptEntry.safeParse(parseJson(line));
  if (entry.success) return entry.data;
  throw new HubError('badAnswer', `a transcript entry can't be read: ${z.prettifyError(entry.error)}`, status);
}

/** Whole lines only: a line that a broken connection cut is left out, and read again by who takes it up. */
async function* lines(body: ReadableStream<BufferSource>, signal: AbortSignal | undefined): AsyncGenerator<string> {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = '';
  try {
    for (;;) {
      const text = await readText(reader, signal);
      if (text === null) return;
      const parts = (rest + text).split('\n');
      rest = parts.pop() ?? '';
      yield* parts.filter((part) => part.trim() !== '');
    }
  } finally {
    // A stream that broke rejects here with the reason that `readText` has judged already.
    await reader.cancel().catch(() => undefined);
  }
}

/** Null at the end, and when the connection broke. */
async function readText(
  reader: ReadableStreamDefaultReader<string>,
  signal: AbortSignal | undefined,
): Promise<string | null> {
  try {
    const { done, value } = await reader.read();
    return done ? null : value;
  } catch (error) {
    if (signal?.aborted === true) throw error;
    return null;
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
