/**
 * ReferenceLog: the references on the disk, one append-only file of the frames of a document's log: a header, the
 * references as they were (`base`), and what was changed since (`update`), each as JSON. It is read once, at the start.
 *
 * Who loses references must not lose outputs: when the file is missing or damaged, what can be read of it counts, the
 * file is put aside, and all that nobody refers to counts as let go only now.
 */
import { rename } from 'node:fs/promises';
import { z } from 'zod';
import { messageOf } from '../../errors.js';
import { mustHold, type Right } from '../../right.js';
import { readIfThere, writeDurably } from '../embedded/durable-files.js';
import { encodeFrame, type Frame, logMagic, scanLog } from '../embedded/log-frame.js';
import type { NoticeListener } from '../embedded/notice.js';
import { AppendedFile } from './appended-file.js';
import { ReferenceChange, References, ReferenceState } from './references.js';

export interface ReferenceLogOptions {
  readonly path: string;
  /** From this length on, and at four times what it says, the file is written anew: a moment's work (1 MiB). */
  readonly rewriteFromBytes?: number | undefined;
  /** To write it. */
  readonly right: Right;
  readonly onNotice: NoticeListener;
  readonly now: () => Date;
}

const Base = ReferenceState.extend({
  /** Since when it is known who refers to what. */
  since: z.number(),
});

/** The log has one writer, who has the folder's lock or its lease. */
const FENCE = 1;
/** A header and the references. */
const LAST_SEQ_OF_WHOLE = 1;
const REWRITE_FROM_BYTES = 1024 * 1024;
const REWRITE_FACTOR = 4;

export class ReferenceLog {
  readonly references = new References();
  readonly #options: ReferenceLogOptions;
  #file: AppendedFile;
  #seq = 0;
  #since = 0;
  /** The file did not take something: it is written anew with the next change. */
  #isBroken = false;
  #baseBytes = 0;
  #rewriting: Promise<void> | null = null;
  /** What was changed since the rewriting began. */
  #behind: ReferenceChange[] = [];

  constructor(options: ReferenceLogOptions) {
    this.#options = options;
    this.#file = new AppendedFile(options.path, options.right);
  }

  async start(): Promise<void> {
    const file = await readIfThere(this.#options.path);
    const bytes = file === null ? await this.#begin() : (this.#read(file) ?? (await this.#beginAnew()));
    await this.#file.start(bytes);
  }

  /** Nothing counts as let go before this: ms since 1970. */
  get since(): number {
    return this.#since;
  }

  /** Counts at once; durable when it resolves. Null changes nothing and waits for what was written before. */
  async write(change: ReferenceChange | null): Promise<void> {
    if (change !== null) this.references.apply(change);
    if (this.#rewriting === null && this.#mustRewrite()) this.#rewriting = this.#rewrite();
    else if (this.#rewriting !== null && change !== null) this.#behind.push(change);
    else if (change !== null) this.#append(change);
    try {
      await this.#rewriting;
      await this.#file.durable();
    } catch (error) {
      this.#isBroken = true;
      throw error;
    }
  }

  /** Can be called twice. */
  async close(): Promise<void> {
    await this.#rewriting;
    await this.#file.close();
  }

  /** What a disk that was full did not take is still known, and written as a whole. */
  #mustRewrite(): boolean {
    const { bytes } = this.#file;
    const { rewriteFromBytes = REWRITE_FROM_BYTES } = this.#options;
    return this.#isBroken || (bytes >= rewriteFromBytes && bytes >= REWRITE_FACTOR * this.#baseBytes);
  }

  #append(change: ReferenceChange): void {
    this.#seq += 1;
    this.#file.append(encodeFrame({ fence: FENCE, seq: this.#seq, kind: 'update', payload: json(change) }));
  }

  /** Puts what is known now in the place of all that was appended. What comes meanwhile is appended to the new file. */
  async #rewrite(): Promise<void> {
    const { path, right } = this.#options;
    const whole = this.#whole();
    this.#behind = [];
    try {
      await this.#file.close().catch(() => undefined);
      mustHold(right);
      await writeDurably(path, whole);
      this.#file = new AppendedFile(path, right);
      await this.#file.start(whole.length);
      this.#isBroken = false;
      this.#seq = LAST_SEQ_OF_WHOLE;
      for (const change of this.#behind) this.#append(change);
    } finally {
      this.#rewriting = null;
    }
  }

  /** Bytes up to the end of the last whole frame. Null when the file is damaged: what stood before that counts. */
  #read(file: Buffer): number | null {
    const scanned = scanLog(file);
    if (!this.#applyAll(scanned.frames) || scanned.outcome === 'damaged') return null;
    this.#seq = scanned.frames.at(-1)?.seq ?? 0;
    return scanned.goodBytes;
  }

  #applyAll(frames: readonly Frame[]): boolean {
    try {
      for (const frame of frames) this.#apply(frame);
      return true;
    } catch (error) {
      this.#tell(`An entry of the references of outputs can't be read: ${messageOf(error)}.`);
      return false;
    }
  }

  #apply({ kind, payload }: Frame): void {
    if (kind === 'update') this.references.apply(ReferenceChange.parse(parse(payload)));
    if (kind !== 'base') return;
    const base = Base.parse(parse(payload));
    this.#baseBytes = payload.byteLength;
    this.#since = base.since;
    this.references.restore(base);
  }

  async #beginAnew(): Promise<number> {
    const { path, now } = this.#options;
    const aside = `${path}.damaged-${now().toISOString().replaceAll(':', '-')}`;
    mustHold(this.#options.right);
    await rename(path, aside);
    this.#tell(`${path} was damaged and is begun anew; what was there is kept as ${aside}.`);
    return this.#begin();
  }

  async #begin(): Promise<number> {
    this.#since = this.#options.now().getTime();
    const whole = this.#whole();
    mustHold(this.#options.right);
    await writeDurably(this.#options.path, whole);
    this.#seq = LAST_SEQ_OF_WHOLE;
    return whole.length;
  }

  /** A file that says what the references are now; the frames that follow count on from its last. */
  #whole(): Buffer {
    const base = json({ since: this.#since, ...this.references.state() } satisfies z.infer<typeof Base>);
    this.#baseBytes = base.length;
    return Buffer.concat([
      logMagic,
      encodeFrame({ fence: FENCE, seq: 0, kind: 'header', payload: json({ of: 'references' }) }),
      encodeFrame({ fence: FENCE, seq: LAST_SEQ_OF_WHOLE, kind: 'base', payload: base }),
    ]);
  }

  #tell(message: string): void {
    this.#options.onNotice({ level: 'warning', code: 'outputReferences', message });
  }
}

function json(value: unknown): Buffer {
  return Buffer.from(JSON.stringify(value));
}

function parse(payload: Uint8Array): unknown {
  return JSON.parse(Buffer.from(payload.buffer, payload.byteOffset, payload.byteLength).toString('utf8'));
}
