/**
 * Lets stored outputs go whose holders are no more: transcripts a while after their runs, and notebooks whose files have
 * been gone for as long. Whether a holder is there is asked anew each time, so no moment is missed by a hub that was killed.
 * What was let go is removed by the next sweep that finds it let go for long enough (output-sweeping.ts).
 */
import { type FileId, RunId } from '@cokernel/proto/hub';
import type { OutputStore, Reference } from './output-store.js';
import type { Transcripts } from './transcripts.js';

export interface LettingGoOptions {
  readonly outputs: Pick<OutputStore, 'references' | 'setReferences'>;
  readonly transcripts: Pick<Transcripts, 'removeBefore' | 'has'>;
  /** Forgets the notebooks whose files have been gone since before then. */
  readonly forgetNotebooks: (goneBefore: Date) => Promise<void>;
  readonly isKnown: (fileId: FileId) => boolean;
  readonly clock: () => Date;
}

/** A month: who goes on holiday, or works on another branch, finds both when they are back. */
const KEPT_MS = 30 * 24 * 3_600_000;

const TRANSCRIPT = /^transcript:(.+)$/;

export class LettingGo {
  constructor(private readonly options: LettingGoOptions) {}

  async letGo(): Promise<void> {
    const { outputs, transcripts, forgetNotebooks, clock } = this.options;
    const before = new Date(clock().getTime() - KEPT_MS);
    await transcripts.removeBefore(before);
    await forgetNotebooks(before);
    for (const reference of await outputs.references()) {
      if (!(await this.isHeld(reference))) await outputs.setReferences(reference, []);
    }
  }

  private async isHeld({ fileId, holder }: Reference): Promise<boolean> {
    const runId = TRANSCRIPT.exec(holder)?.[1];
    return runId === undefined ? this.options.isKnown(fileId) : this.options.transcripts.has(RunId.parse(runId));
  }
}
