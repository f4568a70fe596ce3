/**
 * What a run, or a cell, put out: all of it, though the document or the transcript has no room for it. What is named there
 * is read from the hub piece by piece as it comes, and stands in its place; each part once and in order.
 */
import { TranscriptEntry, type FileId } from '@cokernel/proto/hub';
import { decodeContent, storedBundle, STORED_MIME, type MimeBundle, type StoredText } from '@cokernel/proto/notebook';
import type { HubClient } from './hub-client.js';
import { HubError } from './hub-error.js';
import { linesOf, parseJson, piecesOf } from './ndjson-lines.js';
import { nameOfText, type StoredName } from './stored-output.js';
import { ToldText } from './told-text.js';

type OutputEntry = Extract<TranscriptEntry, { type: 'output' }>;
type ErrorOutput = Extract<OutputEntry['output'], { output_type: 'error' }>;

export interface WholeEntries {
  readonly hub: HubClient;
  /** Of the notebook; of a run without one its own id. */
  readonly fileId: FileId;
  readonly signal?: AbortSignal;
}

/** The same entries without any that names what is elsewhere. What is not kept any more is as the hub showed it. */
export async function* wholeEntries(
  entries: AsyncIterable<TranscriptEntry> | Iterable<TranscriptEntry>,
  options: WholeEntries,
): AsyncGenerator<TranscriptEntry> {
  const reading = new WholeReading(options);
  for await (const entry of entries) yield* reading.of(entry);
}

/** MIME types that are text to a person who reads lines; others are known by their name. */
const READABLE = /^text\/(?:plain|markdown|latex)$|^application\/json$/;

class WholeReading {
  /** Since the last clear; null for what is no stream. */
  #outputs: (ToldText | null)[] = [];

  constructor(private readonly options: WholeEntries) {}

  async *of(entry: TranscriptEntry): AsyncGenerator<TranscriptEntry> {
    switch (entry.type) {
      case 'output':
        yield* this.#output(entry);
        return;
      case 'streamText':
        this.#outputs.findLast((output) => output?.name === entry.name)?.add(entry.text);
        yield entry;
        return;
      case 'storedText':
        yield* this.#storedText(this.#outputs[entry.index] ?? null, entry.stored, entry.text);
        return;
      case 'updateDisplay':
        yield { ...entry, data: await this.#wholeBundle(entry.data) };
        return;
      case 'clear':
        this.#outputs = [];
        yield entry;
        return;
      default:
        yield entry;
    }
  }

  async *#output(entry: OutputEntry): AsyncGenerator<TranscriptEntry> {
    const { output } = entry;
    this.#outputs.push(output.output_type === 'stream' ? new ToldText(output.name, output.text) : null);
    if (output.output_type === 'stream') yield entry;
    else if (output.output_type === 'error') yield { type: 'output', output: await this.#wholeError(output) };
    else yield { type: 'output', output: { ...output, data: await this.#wholeBundle(output.data) } };
  }

  /** `shown`: what stands in its place where it can't be had. */
  async *#storedText(told: ToldText | null, stored: StoredText, shown: string): AsyncGenerator<TranscriptEntry> {
    if (told === null || stored.bytes <= told.settled) return;
    const body = await this.#body(nameOfText(this.options.fileId, stored), { start: told.settled, end: stored.bytes });
    if (body === null) yield { type: 'streamText', name: told.name, text: shown };
    else if (stored.outputs === undefined) yield* streamed(told, body);
    else yield* this.#listed(told, body, stored.bytes);
  }

  /** The text has an output a line, and only whole lines. */
  async *#listed(told: ToldText, body: Body, bytes: number): AsyncGenerator<TranscriptEntry> {
    for await (const line of linesOf(body)) {
      const entry = TranscriptEntry.safeParse({ type: 'output', output: parseJson(line) });
      if (entry.success && entry.data.type === 'output') yield* new WholeReading(this.options).of(entry.data);
    }
    told.skipTo(bytes);
  }

  async #wholeError({ stored, ...shown }: ErrorOutput): Promise<ErrorOutput> {
    const { fileId } = this.options;
    const sha256 = stored?.sha256 ?? null;
    const text = sha256 === null ? null : await this.#text({ fileId, sha256 });
    return text === null ? shown : { ...shown, traceback: text.split('\n') };
  }

  async #wholeBundle(data: MimeBundle): Promise<MimeBundle> {
    const { [STORED_MIME]: _stored, ...whole } = data;
    const named: Record<string, MimeBundle[string]> = { ...whole };
    for (const [mime, { sha256, base64 }] of Object.entries(storedBundle(data) ?? {})) {
      const body = READABLE.test(mime) ? await this.#body({ fileId: this.options.fileId, sha256 }) : null;
      const bytes = body === null ? null : new Uint8Array(await new Response(body).arrayBuffer());
      if (bytes !== null) named[mime] = decodeContent(mime, { bytes, base64 });
      else named[mime] ??= '';
    }
    return named;
  }

  async #text(name: StoredName): Promise<string | null> {
    const body = await this.#body(name);
    return body === null ? null : new Response(body).text();
  }

  /** Null when it is not kept any more. */
  async #body(name: StoredName, range?: { start: number; end: number }): Promise<Body | null> {
    const { hub, signal } = this.options;
    const read = { ...(range === undefined ? {} : { range }), ...(signal === undefined ? {} : { signal }) };
    try {
      return (await hub.readStoredOutput(name, read)).response.body;
    } catch (error) {
      if (error instanceof HubError && (error.status === 404 || error.status === 416)) return null;
      throw error;
    }
  }
}

type Body = NonNullable<Response['body']>;

/** From the beginning of the line that is open: what was told of it is not told again, unless it was written anew. */
async function* streamed(told: ToldText, body: Body): AsyncGenerator<TranscriptEntry> {
  const { name, open } = told;
  let line = '';
  let isBehind = open === '';
  told.reopen();
  for await (const piece of piecesOf(body)) {
    told.add(piece);
    line += isBehind ? '' : piece;
    if (isBehind) yield { type: 'streamText', name, text: piece };
    else if (line.length >= open.length) {
      isBehind = true;
      yield { type: 'streamText', name, text: behind(open, line) };
    }
  }
  if (!isBehind) yield { type: 'streamText', name, text: behind(open, line) };
}

function behind(open: string, line: string): string {
  return line.startsWith(open) ? line.slice(open.length) : `\r${line}`;
}
