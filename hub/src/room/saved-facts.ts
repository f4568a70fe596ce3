/**
 * What of a document lies in its file, as facts of the document's log: the base from which what other programs write is
 * merged. What was saved last stands in one of two slots; what is saved now goes into the other, together with the draft
 * that is about to take the file's place. That draft lies beside the file exactly as long as it has not: so a hub that
 * was killed anywhere in between leaves no doubt about the base, whatever was written to the file since.
 */
import { rm } from 'node:fs/promises';
import { z } from 'zod';
import { makeNotebook, mergeBase } from '@cokernel/proto/notebook';
import { encodeBase } from './disk-base.js';
import type { DocumentLog, LoadedLog } from './document-store.js';
import { hashOfFile, isThere } from './notebook-file.js';
import type { DraftFile, SavedState } from './notebook-files.js';

const SLOTS = ['savedEven', 'savedOdd'] as const;
const NEWEST = 'savedNewest';

const Slot = z.union([z.literal(0), z.literal(1)]);
type Slot = z.infer<typeof Slot>;

/** `draft`: absolute; null when none is about to take the file's place. A number alone is an earlier version's. */
const Newest = z.union([
  z.object({ slot: Slot, draft: z.string().nullable() }),
  Slot.transform((slot) => ({ slot, draft: null })),
]);
type Newest = z.infer<typeof Newest>;

const Saved = z.object({ fileHash: z.string().nullable(), documentHash: z.string(), base: z.string() });

/** A log without these facts: what differs in the file is kept beside what people have. */
const NOTHING_SAVED: SavedState = {
  fileHash: '',
  documentHash: '',
  base: encodeBase(mergeBase(makeNotebook([]))),
};

export class SavedFacts {
  private slot: Slot = 0;

  constructor(private readonly log: DocumentLog) {}

  /** What the file at its place was made from, when the hub that wrote these facts ended. */
  async settle({ facts }: Pick<LoadedLog, 'facts'>, absolute: string): Promise<SavedState> {
    const [even, odd] = SLOTS.map((name) => savedIn(facts[name]));
    const slots = [even ?? null, odd ?? null] as const;
    const newest: Newest = Newest.parse(JSON.parse(facts[NEWEST] ?? '0'));
    this.slot = newest.slot;
    if (newest.draft !== null) {
      const written = await hasTakenThePlace(newest.draft, slots[this.other], slots[this.slot], absolute);
      if (written) this.slot = this.other;
      await this.point(null);
      await rm(newest.draft, { force: true });
    }
    return slots[this.slot] ?? NOTHING_SAVED;
  }

  /** A draft is about to take the file's place: durable when it resolves. */
  async begin({ saved, file }: DraftFile): Promise<void> {
    await Promise.all([this.log.setFact(SLOTS[this.other], JSON.stringify(saved)), this.point(file)]);
  }

  /** It won't, and lies there still. */
  withdraw(): Promise<void> {
    return this.point(null);
  }

  /** It has. */
  done(): Promise<void> {
    this.slot = this.other;
    return this.point(null);
  }

  /** The document holds what the file says: durable when it resolves. */
  async remember(saved: SavedState): Promise<void> {
    await Promise.all([this.log.setFact(SLOTS[this.other], JSON.stringify(saved)), this.done()]);
  }

  private get other(): Slot {
    return this.slot === 0 ? 1 : 0;
  }

  private point(draft: string | null): Promise<void> {
    const newest: Newest = { slot: this.slot, draft };
    return this.log.setFact(NEWEST, JSON.stringify(newest));
  }
}

/** A file that is one of the two tells it by itself, should somebody have removed the draft. */
async function hasTakenThePlace(
  draft: string,
  next: SavedState | null,
  former: SavedState | null,
  absolute: string,
): Promise<boolean> {
  const fileHash = await hashOfFile(absolute);
  if (fileHash !== null && fileHash === next?.fileHash) return true;
  if (fileHash !== null && fileHash === former?.fileHash) return false;
  return !(await isThere(draft));
}

function savedIn(fact: string | undefined): SavedState | null {
  return fact === undefined ? null : Saved.parse(JSON.parse(fact));
}
