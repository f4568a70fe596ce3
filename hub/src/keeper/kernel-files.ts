/**
 * All that a kernel keeps in its folder, `<data folder>/kernels/<kernel id>`: its state, its journal, and which requests
 * were sent to it. The next keeper finds it again there. If journal or requests can't be kept (the disk is full), this
 * keeper goes on without, and the next one is made to see that it does not know all.
 */
import { randomUUID } from 'node:crypto';
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { KernelHostError } from '../kernel/kernel-host.js';
import type { Log } from '../kernel/log.js';
import { JournalSegments } from './journal-segments.js';
import { KernelFeed } from './kernel-feed.js';
import { KernelStateFile, readKernelState, type KernelState } from './kernel-state.js';
import { tailOf } from './running-process.js';
import { SentRequests } from './sent-requests.js';

export interface KernelFilesOptions {
  readonly folder: string;
  /** What hubs may miss while they are away, times the kernels that the disk has room for: 64 MiB is minutes of flood. */
  readonly maxJournalBytes: number;
  /**
   * Of the journal while an attached hub is behind: what a kernel says faster than its hub takes it, of which nothing may
   * be lost. 1 GiB is 5,000 plots; it is counted as at least `maxJournalBytes`.
   */
  readonly maxUnreadJournalBytes: number;
  /** Of the journal's newest part: 4 MiB, times the kernels, are the keeper's memory. */
  readonly maxMemoryBytes: number;
  readonly log: Log;
}

/** Small enough to be read in one go for a hub that is far behind. */
const MAX_SEGMENT_BYTES = 2 * 1024 * 1024;
const SEGMENTS = 16;

export class KernelFiles {
  readonly state: KernelStateFile;
  readonly feed: KernelFeed;
  readonly #sent: SentRequests;

  private constructor(
    private readonly options: KernelFilesOptions,
    state: KernelState,
    parts: { readonly segments: JournalSegments; readonly sent: SentRequests; readonly lastSeq: number },
  ) {
    const { folder, maxMemoryBytes, log } = options;
    const onUnwritable = (error: unknown) => this.#forsake(error);
    this.state = new KernelStateFile(folder, state, log);
    this.#sent = parts.sent;
    this.feed = new KernelFeed({ ...parts, kernelId: state.kernelId, maxMemoryBytes, onUnwritable });
  }

  /** Throws when the folder can't be written, or is a kernel's already. */
  static create(options: KernelFilesOptions, state: KernelState): KernelFiles {
    mkdirSync(options.folder, { recursive: true, mode: 0o700 });
    const files = new KernelFiles(options, state, newParts(options));
    files.state.write();
    return files;
  }

  /** Throws when the state can't be read: then nothing in the folder is touched. */
  static recover(options: KernelFilesOptions): KernelFiles {
    const state = readKernelState(options.folder);
    try {
      return new KernelFiles(options, state, recoveredParts(options));
    } catch (error) {
      options.log('error', 'the journal of a kernel is lost', { reason: String(error) });
      rmSync(join(options.folder, REQUESTS), { force: true });
      const files = new KernelFiles(options, state, newParts(options));
      files.state.update({ journalId: randomUUID(), knowsAllRequests: false });
      return files;
    }
  }

  get folder(): string {
    return this.options.folder;
  }

  /** Notes that a request is sent now, by the hub with this fence; throws `alreadySent` when it was before. */
  noteRequest(msgId: string, fence: number): void {
    if (this.#sent.has(msgId)) {
      throw new KernelHostError('alreadySent', `the request ${msgId} was sent to this kernel before`);
    }
    try {
      this.#sent.add(msgId);
    } catch (error) {
      this.feed.giveUpFiles(error);
    }
    this.feed.addEvent({ type: 'sent', msgId, fence });
  }

  /** What its process writes to, whether they are there or not. */
  get outputPaths(): readonly string[] {
    return ['stdout.log', 'stderr.log'].map((name) => join(this.folder, name));
  }

  /** What the kernel wrote to stderr last; empty when nobody kept it. */
  async stderrTail(): Promise<string> {
    return tailOf(join(this.folder, 'stderr.log'), 0).catch(() => '');
  }

  /** Closes and removes all. Can be called twice. */
  remove(): void {
    this.close();
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** Can be called twice. */
  close(): void {
    this.feed.close();
    this.#sent.close();
  }

  #forsake(error: unknown): void {
    this.options.log('error', 'the journal of a kernel is kept in memory alone', { reason: String(error) });
    this.#sent.forsake();
  }
}

const REQUESTS = 'requests-sent';

function newParts(options: KernelFilesOptions) {
  const segments = segmentsOf(options);
  segments.create();
  const sent = new SentRequests(join(options.folder, REQUESTS));
  sent.create();
  return { segments, sent, lastSeq: 0 };
}

function recoveredParts(options: KernelFilesOptions) {
  const segments = segmentsOf(options);
  const lastSeq = segments.recover();
  const sent = new SentRequests(join(options.folder, REQUESTS));
  sent.recover();
  return { segments, sent, lastSeq };
}

function segmentsOf({ folder, maxJournalBytes, maxUnreadJournalBytes }: KernelFilesOptions): JournalSegments {
  const segmentBytes = Math.min(MAX_SEGMENT_BYTES, Math.ceil(maxJournalBytes / SEGMENTS));
  const maxUnreadBytes = Math.max(maxJournalBytes, maxUnreadJournalBytes);
  return new JournalSegments({ folder, maxBytes: maxJournalBytes, maxUnreadBytes, segmentBytes });
}
