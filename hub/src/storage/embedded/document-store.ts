/**
 * The documents' logs under one folder: `<fileId>.log`, what was put aside as `<fileId>.<epoch>.log`, and copies of
 * other histories under `<fileId>.foreign/`. A log has one writer in this process: opening it again ends the former.
 */
import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readdir, rename } from 'node:fs/promises';
import { join } from 'node:path';
import type { Epoch, FileId } from '@cokernel/proto/hub';
import { type DocumentLog, type DocumentStore, DocumentStoreError, type LoadedLog } from '../../room/document-store.js';
import { copyName } from '../copy-name.js';
import { StepLine } from '../step-line.js';
import { AppendLog } from './append-log.js';
import { EmbeddedDocumentLog } from './document-log.js';
import { cutFile, isMissing, ownerOnlyFolder, readIfThere, syncFolder, writeDurably } from './durable-files.js';
import { baseContent, headerContent, openedContent, readContent } from './log-content.js';
import { encodeFrame, type Frame, logMagic, scanLog } from './log-frame.js';
import type { NoticeListener } from './notice.js';

export interface EmbeddedDocumentStoreOptions {
  /** Made when missing. */
  readonly folder: string;
  readonly onNotice: NoticeListener;
  readonly now: () => Date;
}

export class EmbeddedDocumentStore implements DocumentStore {
  readonly #options: EmbeddedDocumentStoreOptions;
  readonly #line = new StepLine();
  readonly #open = new Map<FileId, { readonly log: EmbeddedDocumentLog; readonly fence: number }>();
  #closed = false;

  constructor(options: EmbeddedDocumentStoreOptions) {
    this.#options = options;
  }

  async start(): Promise<void> {
    await mkdir(this.#options.folder, { recursive: true, mode: ownerOnlyFolder });
  }

  open(fileId: FileId, fence: number): Promise<{ readonly log: DocumentLog; readonly loaded: LoadedLog } | null> {
    return this.#inLine(fileId, async () => {
      await this.#endFormer(fileId, fence);
      const path = this.#logPath(fileId);
      const file = await readIfThere(path);
      if (file === null) return null;
      const { loaded, lastFrame, goodBytes } = readLog(path, file);
      refuseStale(path, lastFrame.fence, fence);
      if (loaded.tornBytes > 0) await this.#cutTail(path, goodBytes, loaded.tornBytes);
      const appendLog = new AppendLog({ path, fence, lastSeq: lastFrame.seq, bytes: goodBytes });
      await appendLog.start();
      // From here on the former owner's frames, should more of them come, are behind a higher fence and void.
      if (fence > lastFrame.fence) await orClose(appendLog, () => appendLog.append(openedContent));
      const baseBytes = loaded.updates[0]?.byteLength ?? 0;
      const records = loaded.updates.length - 1;
      return {
        log: this.#keep(
          fileId,
          fence,
          new EmbeddedDocumentLog({ file: appendLog, epoch: loaded.epoch, baseBytes, records }),
        ),
        loaded,
      };
    });
  }

  create(fileId: FileId, fence: number, epoch: Epoch, state: Uint8Array): Promise<DocumentLog> {
    return this.#inLine(fileId, async () => {
      await this.#endFormer(fileId, fence);
      const path = this.#logPath(fileId);
      const file = await readIfThere(path);
      if (file !== null) await this.#putAside(fileId, file, fence);
      const frames = [
        encodeFrame({ ...headerContent(epoch), fence, seq: 0 }),
        encodeFrame({ ...baseContent(state, [], {}), fence, seq: 1 }),
      ];
      const bytes = Buffer.concat([logMagic, ...frames]);
      await writeDurably(path, bytes);
      const appendLog = new AppendLog({ path, fence, lastSeq: 1, bytes: bytes.length });
      await appendLog.start();
      return this.#keep(
        fileId,
        fence,
        new EmbeddedDocumentLog({ file: appendLog, epoch, baseBytes: state.byteLength, records: 0 }),
      );
    });
  }

  keepForeignCopy(fileId: FileId, state: Uint8Array): Promise<string> {
    return this.#inLine(fileId, async () => {
      const folder = this.#foreignFolder(fileId);
      const names = await this.foreignCopies(fileId);
      const name = copyName(names, state, this.#options.now());
      if (names.includes(name)) return name;
      await mkdir(folder, { recursive: true, mode: ownerOnlyFolder });
      await syncFolder(this.#options.folder);
      await writeDurably(join(folder, name), state);
      return name;
    });
  }

  async foreignCopies(fileId: FileId): Promise<readonly string[]> {
    try {
      const names = await readdir(this.#foreignFolder(fileId));
      return names.filter((name) => name.endsWith('.yjs')).sort();
    } catch (error) {
      if (isMissing(error)) return [];
      throw error;
    }
  }

  async readForeignCopy(fileId: FileId, name: string): Promise<Uint8Array | null> {
    const known = await this.foreignCopies(fileId);
    return known.includes(name) ? readIfThere(join(this.#foreignFolder(fileId), name)) : null;
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#line.idle();
    const open = [...this.#open.values()];
    this.#open.clear();
    await Promise.all(open.map(({ log }) => log.close()));
  }

  #inLine<T>(fileId: FileId, step: () => Promise<T>): Promise<T> {
    if (this.#closed) return Promise.reject(new Error('The document store is closed.'));
    return this.#line.pass(fileId, step);
  }

  #keep(fileId: FileId, fence: number, log: EmbeddedDocumentLog): EmbeddedDocumentLog {
    this.#open.set(fileId, { log, fence });
    return log;
  }

  async #endFormer(fileId: FileId, fence: number): Promise<void> {
    const former = this.#open.get(fileId);
    if (former === undefined) return;
    refuseStale(this.#logPath(fileId), former.fence, fence);
    this.#open.delete(fileId);
    await former.log.supersede(fence);
  }

  async #cutTail(path: string, goodBytes: number, tornBytes: number): Promise<void> {
    await cutFile(path, goodBytes);
    this.#options.onNotice({
      level: 'warning',
      code: 'tornTail',
      message: `${path} ended in a write that was never finished: ${String(tornBytes)} bytes were cut off.`,
    });
  }

  /** Under its epoch's name when that can be read; never over another file. */
  async #putAside(fileId: FileId, file: Buffer, fence: number): Promise<void> {
    const path = this.#logPath(fileId);
    const { frames } = scanLog(file);
    refuseStale(path, frames.at(-1)?.fence ?? 0, fence);
    const name = `${fileNameOf(fileId)}.${epochIn(frames) ?? 'unreadable'}`;
    const plain = join(this.#options.folder, `${name}.log`);
    const aside = existsSync(plain) ? join(this.#options.folder, `${name}.${randomUUID()}.log`) : plain;
    await rename(path, aside);
  }

  #logPath(fileId: FileId): string {
    return join(this.#options.folder, `${fileNameOf(fileId)}.log`);
  }

  #foreignFolder(fileId: FileId): string {
    return join(this.#options.folder, `${fileNameOf(fileId)}.foreign`);
  }
}

/** A disk that is full refuses each who opens: none of them may leave a file open. */
async function orClose(log: AppendLog, step: () => Promise<void>): Promise<void> {
  try {
    await step();
  } catch (error) {
    await log.close(new Error('The log could not be opened.'));
    throw error;
  }
}

interface ReadLog {
  readonly loaded: LoadedLog;
  readonly lastFrame: Frame;
  readonly goodBytes: number;
}

function readLog(path: string, file: Buffer): ReadLog {
  const scanned = scanLog(file);
  const lastFrame = scanned.frames.at(-1);
  if (scanned.outcome === 'damaged' || lastFrame === undefined) {
    throw damaged(path, `at byte ${String(scanned.outcome === 'damaged' ? scanned.offset : 0)}`);
  }
  try {
    const tornBytes = file.length - scanned.goodBytes;
    return { loaded: { ...readContent(scanned.frames), tornBytes }, lastFrame, goodBytes: scanned.goodBytes };
  } catch (error) {
    throw damaged(path, `in what its records say (${error instanceof Error ? error.message : String(error)})`);
  }
}

function damaged(path: string, where: string): DocumentStoreError {
  return new DocumentStoreError('damaged', `The log ${path} is damaged ${where}; it was left as it is.`);
}

function refuseStale(path: string, highestFence: number, fence: number): void {
  if (fence >= highestFence) return;
  const message = `${path} was written under fence ${String(highestFence)}; fence ${String(fence)} is stale.`;
  throw new DocumentStoreError('staleFence', message, highestFence);
}

function epochIn(frames: readonly Frame[]): string | null {
  try {
    return encodeURIComponent(readContent(frames).epoch);
  } catch {
    // Damaged beyond its own name: the caller has another.
    return null;
  }
}

/** Ids are opaque: none may lead out of the folder. */
function fileNameOf(fileId: FileId): string {
  return encodeURIComponent(fileId).replaceAll('.', '%2E');
}
