/**
 * Pure: the text of a cell that is no more in the document, because the cell was moved, made anew or deleted: the ids of
 * its characters in their order, and for each where it stands in the text that took its place. Somebody who has not
 * heard of that goes on to type into the old text; by this list the hub knows where that belongs.
 *
 * A list of characters is long, and as a rule their ids count up; so it is kept as runs of such ids.
 */
import type { CellId } from '@cokernel/proto/hub';
import type * as Y from 'yjs';
import type { IdRanges } from './id-ranges.js';

export type Id = Pick<Y.ID, 'client' | 'clock'>;

/** One UTF-16 unit. */
export interface Character {
  readonly id: Id;
  /** Null for one that was deleted before the cell went. */
  readonly text: string | null;
  /** Its id in the text that took this one's place; null when it is not there. */
  readonly to: Id | null;
  /** Typed after the cell went and before it came back: to be put in then. */
  readonly waits: boolean;
}

/** `id` and `to` are those of its first character. */
export interface Run {
  readonly id: Id;
  readonly length: number;
  readonly text: string | null;
  readonly to: Id | null;
  readonly waits: boolean;
}

export interface MovedTextOptions {
  readonly cellId: CellId;
  /** The item of the cell's map: who deleted it knew that the cell went. */
  readonly cellItem: Id;
  /** The item of the text; null when it is not known. */
  readonly textItem: Id | null;
  /** Milliseconds; after this time nobody is waited for. */
  readonly until: number;
}

export class MovedText {
  private list: Run[];

  constructor(
    readonly options: MovedTextOptions,
    runs: readonly Run[] = [],
    /** Whether a text has taken its place. */
    public isBound = false,
  ) {
    this.list = [...runs];
  }

  get runs(): readonly Run[] {
    return this.list;
  }

  get characters(): readonly Character[] {
    return this.list.flatMap(charactersOf);
  }

  /** Replaces the list. */
  set(characters: readonly Character[]): void {
    this.list = [];
    for (const character of characters) this.push(character);
  }

  has(id: Id): boolean {
    return this.find(id) !== null;
  }

  /** Where a character stands now; null when it is not of this text, or stands nowhere. */
  placeOf(id: Id): Id | null {
    const found = this.find(id);
    return found === null || found.run.to === null ? null : plus(found.run.to, found.offset);
  }

  /** The places of this character and of all before it, nearest first. Null: of the whole text, from its end. */
  *placesUpTo(id: Id | null): Generator<Id> {
    const found = id === null ? null : this.find(id);
    if (found !== null && found.run.to !== null) yield plus(found.run.to, found.offset);
    const end = found === null ? this.list.length : found.index;
    for (let index = end - 1; index >= 0; index -= 1) {
      const run = this.list[index];
      if (run !== undefined && run.to !== null) yield plus(run.to, run.length - 1);
    }
  }

  /**
   * Binds all of it at once to a text that has the same characters under ids that count up from `first`; false when that
   * can't be, since it has others, or `isSeen` is false for some of it.
   */
  bindWhole(text: string, first: Id, isSeen: (run: Run) => boolean): boolean {
    const standing = this.list.filter((run) => run.text !== null);
    if (standing.some((run) => run.waits || !isSeen(run))) return false;
    if (standing.map((run) => run.text).join('') !== text) return false;
    let offset = 0;
    this.list = this.list.map((run) => {
      if (run.text === null) return run;
      const to = plus(first, offset);
      offset += run.length;
      return { ...run, to };
    });
    return true;
  }

  /** Puts new characters after one; null: at the top. `to`: that of the first. */
  insertAfter(id: Id | null, added: Run): void {
    const found = id === null ? null : this.find(id);
    this.list.splice(found === null ? 0 : this.cut(found.index, found.offset + 1), 0, added);
  }

  /** Forgets where those characters stand that are deleted; answers where they stood. */
  takeOut(deleted: IdRanges): readonly Id[] {
    const places: Id[] = [];
    if (!this.list.some(({ id, length }) => deleted.hasAny(id, length))) return places;
    const kept = this.characters.map((character) => {
      if (!deleted.has(character.id)) return character;
      if (character.to !== null) places.push(character.to);
      return { ...character, text: null, to: null, waits: false };
    });
    this.set(kept);
    return places;
  }

  private find(id: Id): { readonly index: number; readonly offset: number; readonly run: Run } | null {
    for (const [index, run] of this.list.entries()) {
      const offset = id.clock - run.id.clock;
      if (run.id.client === id.client && offset >= 0 && offset < run.length) return { index, offset, run };
    }
    return null;
  }

  /** Makes `offset` in a run a border between two; answers the index of what is behind it. */
  private cut(index: number, offset: number): number {
    const run = this.list[index];
    if (run === undefined || offset === 0) return index;
    if (offset < run.length) this.list.splice(index, 1, part(run, 0, offset), part(run, offset, run.length));
    return index + 1;
  }

  private push({ id, text, to, waits }: Character): void {
    const last = this.list.at(-1);
    const joins =
      last !== undefined &&
      last.waits === waits &&
      (last.text === null) === (text === null) &&
      follows(plus(last.id, last.length), id) &&
      (last.to === null ? to === null : to !== null && follows(plus(last.to, last.length), to));
    if (!joins) this.list.push({ id, length: 1, text, to, waits });
    else this.list[this.list.length - 1] = { ...last, length: last.length + 1, text: textOf(last.text, text) };
  }
}

function textOf(before: string | null, text: string | null): string | null {
  return before === null || text === null ? null : before + text;
}

export function plus({ client, clock }: Id, offset: number): Id {
  return { client, clock: clock + offset };
}

function follows(next: Id, id: Id): boolean {
  return next.client === id.client && next.clock === id.clock;
}

function charactersOf(run: Run): Character[] {
  return Array.from({ length: run.length }, (_, offset) => ({
    id: plus(run.id, offset),
    text: run.text?.[offset] ?? null,
    to: run.to === null ? null : plus(run.to, offset),
    waits: run.waits,
  }));
}

function part(run: Run, from: number, to: number): Run {
  return {
    id: plus(run.id, from),
    length: to - from,
    text: run.text?.slice(from, to) ?? null,
    to: run.to === null ? null : plus(run.to, from),
    waits: run.waits,
  };
}
