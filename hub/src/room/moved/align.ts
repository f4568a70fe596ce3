/**
 * Pure: finds the characters of a cell's old text in the text that took its place, which somebody wrote anew from what they
 * saw of the old one.
 */
import { simpleDiffString } from 'lib0/diff';
import type { Character } from './moved-text.js';

export interface Alignment {
  /** For each character its offset in the new text; null when it is not there. */
  readonly offsets: readonly (number | null)[];
  /** What the new text has that the old one lacks: put in after the character of this index (-1: at the top). */
  readonly added: { readonly after: number; readonly text: string; readonly offset: number };
}

const NOTHING = { after: -1, text: '', offset: 0 };

/**
 * `isSeen`: whether the writer of the new text saw that character, in the order of `characters`. `isPristine`: the new text
 * is as it was first written; then it has also what the writer saw and others had deleted.
 */
export function align(
  characters: readonly Character[],
  isSeen: (character: Character) => boolean,
  text: string,
  isPristine: boolean,
): Alignment {
  const seen = characters.flatMap((character, index) => (isSeen(character) ? [{ ...character, index }] : []));
  const matches = seen.every((character, offset) => character.text === null || character.text === text[offset]);
  if (isPristine && seen.length === text.length && matches) {
    const offsets: (number | null)[] = characters.map(() => null);
    for (const [offset, { index }] of seen.entries()) offsets[index] = offset;
    return { offsets, added: NOTHING };
  }
  return difference(characters, seen, text);
}

function difference(
  characters: readonly Character[],
  seen: readonly (Character & { readonly index: number })[],
  text: string,
): Alignment {
  const known = seen.filter((character) => character.text !== null);
  const { index, remove, insert } = simpleDiffString(known.map((character) => character.text).join(''), text);
  const offsets: (number | null)[] = characters.map(() => null);
  for (const [place, character] of known.entries()) {
    if (place < index) offsets[character.index] = place;
    else if (place >= index + remove) offsets[character.index] = place - remove + insert.length;
  }
  return { offsets, added: { after: known[index - 1]?.index ?? -1, text: insert, offset: index } };
}
