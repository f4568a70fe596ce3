/**
 * The documents' logs in Redis, for hubs that share them. A log is a list of the frames that the file on disk would have,
 * and each step checks the fence of who asks. A log has one writer in this process: opening it again ends the former.
 */
import type { Epoch, FileId } from '@cokernel/proto/hub';
import { z } from 'zod';
import { type DocumentLog, type DocumentStore, DocumentStoreError, type LoadedLog } from '../../room/document-store.js';
import { baseContent, headerContent, readContent } from '../embedded/log-content.js';
import { encodeFrame, logMagic, scanLog } from '../embedded/log-frame.js';
import { copyName } from '../copy-name.js';
import { StepLine } from '../step-line.js';
import { accept, Answer, RedisDocumentLog } from './document-log.js';
import { documentKeys } from './keys.js';
import { readFrames } from './read-frames.js';
import type { RedisConnection } from './redis-connection.js';

export interface RedisDocumentStoreOptions {
  /** Somebody else's to close. */
  readonly connection: RedisConnection;
  readonly now: () => Date;
}

const OpenAnswer = z.discriminatedUnion('outcome', [
  z.object({ outcome: z.literal('none') }),
  z.object({ outcome: z.literal('opened'), frames: z.number().int(), seq: z.number().int() }),
  z.object({ outcome: z.literal('stale'), highestFence: z.number().int() }),
]);

export class RedisDocumentStore implements DocumentStore {
  readonly #options: RedisDocumentStoreOptions;
  readonly #line = new StepLine();
  readonly #open = new Map<FileId, { readonly log: RedisDocumentLog; readonly fence: number }>();

  constructor(options: RedisDocumentStoreOptions) {
    this.#options = options;
  }

  open(fileId: FileId, fence: number): Promise<{ readonly log: DocumentLog; readonly loaded: LoadedLog } | null> {
    return this.#line.pass(fileId, async () => {
      await this.#endFormer(fileId, fence);
      const { connection } = this.#options;
      const keys = documentKeys(fileId);
      const answer = OpenAnswer.parse(JSON.parse(await connection.run('open-document', keys.all, [String(fence)])));
      if (answer.outcome === 'none') return null;
      if (answer.outcome === 'stale') throw stale(fileId, answer.highestFence, fence);
      const file = Buffer.concat([logMagic, ...(await readFrames(connection, keys.log))]);
      const loaded = readLog(fileId, file);
      const baseBytes = loaded.updates[0]?.byteLength ?? 0;
      const { epoch } = loaded;
      const records = loaded.updates.length - 1;
      const sizes = { lastSeq: answer.seq, logBytes: file.length, baseBytes, records };
      return {
        log: this.#keep(fileId, new RedisDocumentLog({ connection, keys, fence, epoch, ...sizes }), fence),
        loaded,
      };
    });
  }

  create(fileId: FileId, fence: number, epoch: Epoch, state: Uint8Array): Promise<DocumentLog> {
    return this.#line.pass(fileId, async () => {
      await this.#endFormer(fileId, fence);
      const { connection } = this.#options;
      const keys = documentKeys(fileId);
      const header = encodeFrame({ ...headerContent(epoch), fence, seq: 0 });
      const base = encodeFrame({ ...baseContent(state, [], {}), fence, seq: 1 });
      accept(
        Answer.parse(
          JSON.parse(await connection.run('create-document', keys.all, [String(fence), epoch, header, base])),
        ),
      );
      const sizes = { lastSeq: 1, logBytes: header.length + base.length, baseBytes: state.byteLength, records: 0 };
      return this.#keep(fileId, new RedisDocumentLog({ connection, keys, fence, epoch, ...sizes }), fence);
    });
  }

  async keepForeignCopy(fileId: FileId, state: Uint8Array): Promise<string> {
    const name = copyName(await this.foreignCopies(fileId), state, this.#options.now());
    await this.#options.connection.run('keep-copy', [documentKeys(fileId).copies], [name, Buffer.from(state)]);
    return name;
  }

  async foreignCopies(fileId: FileId): Promise<readonly string[]> {
    return [...(await this.#options.connection.namesIn(documentKeys(fileId).copies))].sort();
  }

  readForeignCopy(fileId: FileId, name: string): Promise<Uint8Array | null> {
    return this.#options.connection.bytesIn(documentKeys(fileId).copies, name);
  }

  /** The hub is about to stop: what waits for a Redis that is away is refused. */
  stopWaiting(): void {
    for (const { log } of this.#open.values()) log.stopWaiting();
  }

  async close(): Promise<void> {
    await this.#line.idle();
    const open = [...this.#open.values()];
    this.#open.clear();
    await Promise.all(open.map(({ log }) => log.close()));
  }

  #keep(fileId: FileId, log: RedisDocumentLog, fence: number): RedisDocumentLog {
    this.#open.set(fileId, { log, fence });
    return log;
  }

  async #endFormer(fileId: FileId, fence: number): Promise<void> {
    const former = this.#open.get(fileId);
    if (former === undefined) return;
    if (fence < former.fence) throw stale(fileId, former.fence, fence);
    this.#open.delete(fileId);
    await former.log.supersede(fence);
  }
}

function readLog(fileId: FileId, file: Buffer): LoadedLog {
  const scanned = scanLog(file);
  if (scanned.outcome === 'damaged') {
    throw new DocumentStoreError('damaged', `The log of ${fileId} in Redis is damaged; it was left as it is.`);
  }
  return { ...readContent(scanned.frames), tornBytes: 0 };
}

function stale(fileId: FileId, highest: number, fence: number): DocumentStoreError {
  const message = `The log of ${fileId} was opened under fence ${String(highest)}; fence ${String(fence)} is stale.`;
  return new DocumentStoreError('staleFence', message, highest);
}
