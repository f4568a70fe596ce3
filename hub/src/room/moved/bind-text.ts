/**
 * Pure but for the document: ties the old text of a cell to the one that took its place, so that it is known for each old
 * character where it stands now, and puts in what the writer of the new text had not seen.
 */
import type * as Y from 'yjs';
import { align } from './align.js';
import type { IdRanges } from './id-ranges.js';
import { beginningOf, deleteIds, idsOf, insertAt, isPristine, offsetBehind } from './live-text.js';
import type { Character, Id, Run } from './moved-text.js';
import { MovedText, plus } from './moved-text.js';

/** `seen`: what the writer of `target` knew of the old text; null: all that stood there. */
export function bindText(old: MovedText, target: Y.Text, seen: IdRanges | null): void {
  const first = beginningOf(target);
  const isWhole = ({ id, length }: Run): boolean => seen?.hasAll(id, length) ?? true;
  old.isBound = true;
  if (first !== null && old.bindWhole(target.toJSON(), first, isWhole)) return;
  bindByCharacters(old, target, seen);
}

function bindByCharacters(old: MovedText, target: Y.Text, seen: IdRanges | null): void {
  const isSeen = ({ id, text, waits }: Character): boolean => !waits && (seen?.has(id) ?? text !== null);
  const ids = idsOf(target);
  const { offsets } = align(old.characters, isSeen, target.toJSON(), isPristine(ids));
  const deleted: Id[] = [];
  const bound = old.characters.map((character, index) => {
    const place = ids[offsets[index] ?? -1] ?? null;
    // Others had deleted it, and the writer of the new text did not know.
    if (place !== null && character.text === null) deleted.push(place);
    return { ...character, to: character.text === null ? null : place, waits: character.waits || !isSeen(character) };
  });
  deleteIds(target, deleted);
  old.set(bound);
  putIn(old, target);
}

/** Puts what waits into the text, behind what it was typed behind. */
export function putIn(old: MovedText, target: Y.Text): void {
  const placed: Character[] = [];
  let waiting: Character[] = [];
  let nearest: Id | null = null;
  const put = (): void => {
    if (waiting.length === 0) return;
    const offset = nearest === null ? 0 : (offsetBehind(target, nearest) ?? 0);
    const first = insertAt(target, offset, waiting.map(({ text }) => text).join(''));
    placed.push(...waiting.map((character, index) => ({ ...character, to: plus(first, index), waits: false })));
    nearest = plus(first, waiting.length - 1);
    waiting = [];
  };
  for (const character of old.characters) {
    if (character.waits && character.text !== null && character.to === null) waiting.push(character);
    else {
      put();
      placed.push({ ...character, waits: false });
      nearest = character.to ?? nearest;
    }
  }
  put();
  old.set(placed);
}

/** The places of an older text of the same cell, which are in `via`, become those that `via` has. */
export function rebindText(older: MovedText, via: MovedText): void {
  const places = new Map(via.characters.map(({ id, to }) => [keyOf(id), to]));
  older.set(
    older.characters.map((character) => {
      const to = character.to === null ? undefined : places.get(keyOf(character.to));
      return to === undefined ? character : { ...character, to };
    }),
  );
}

/**
 * A second copy of a cell that was moved twice at once: does in `kept` what its mover had typed, and answers the old text
 * that it is from now on. `base`: the text of which both are copies; `seen`: what the mover knew of it.
 */
export function mergeCopy(
  copy: Y.Text,
  kept: Y.Text,
  base: readonly Character[],
  seen: IdRanges | null,
  options: MovedText['options'],
): MovedText {
  const isSeen = ({ id, text }: Character): boolean => seen?.has(id) ?? text !== null;
  const ids = idsOf(copy);
  const text = copy.toJSON();
  const { offsets, added } = align(base, isSeen, text, isPristine(ids));
  const removed = base.filter((each, index) => isSeen(each) && each.text !== null && offsets[index] === null);
  deleteIds(
    kept,
    removed.flatMap(({ to }) => to ?? []),
  );
  const places = new Map<number, Id | null>(base.map(({ to }, index) => [offsets[index] ?? -1, to]));
  if (added.text !== '') {
    const nearest = base.slice(0, added.after + 1).findLast(({ to }) => to !== null)?.to ?? null;
    const first = insertAt(kept, nearest === null ? 0 : (offsetBehind(kept, nearest) ?? 0), added.text);
    for (let offset = 0; offset < added.text.length; offset += 1)
      places.set(added.offset + offset, plus(first, offset));
  }
  const merged = new MovedText(options);
  merged.set(
    ids.map((id, offset) => ({ id, text: text[offset] ?? null, to: places.get(offset) ?? null, waits: false })),
  );
  merged.isBound = true;
  return merged;
}

function keyOf({ client, clock }: Id): string {
  return `${client}:${clock}`;
}
