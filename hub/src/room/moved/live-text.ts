/** Pure: a Y.Text by the ids of its characters, which stay while their places change. */
import * as Y from 'yjs';
import type { Id } from './moved-text.js';
import { plus } from './moved-text.js';

/** The items of a text in their order, deleted ones too. */
export function itemsOf(text: Pick<Y.Text, '_start'>): readonly Y.Item[] {
  const items: Y.Item[] = [];
  for (let item = text._start; item !== null; item = item.right) items.push(item);
  return items;
}

/** The ids of what stands there, one a UTF-16 unit. */
export function idsOf(text: Y.Text): readonly Id[] {
  return itemsOf(text).flatMap((item) => (isText(item) ? range(item) : []));
}

/** The id from which the ids of all that stands there count up; null when they don't, or nothing stands there. */
export function beginningOf(text: Y.Text): Id | null {
  const items = itemsOf(text).filter(isText);
  let next: Id | null = null;
  for (const { id, length } of items) {
    if (next !== null && (next.client !== id.client || next.clock !== id.clock)) return null;
    next = plus(id, length);
  }
  return items[0]?.id ?? null;
}

/** First written in one go, and not touched since. */
export function isPristine(ids: readonly Id[]): boolean {
  const [first] = ids;
  return ids.every((id, offset) => id.client === first?.client && id.clock === first.clock + offset);
}

/** The offset right behind a character, or behind where it stood before it was deleted; null when it was never there. */
export function offsetBehind(text: Y.Text, { client, clock }: Id): number | null {
  let offset = 0;
  for (const item of itemsOf(text)) {
    const within = clock - item.id.clock;
    if (item.id.client === client && within >= 0 && within < item.length) {
      return isText(item) ? offset + within + 1 : offset;
    }
    if (isText(item)) offset += item.length;
  }
  return null;
}

/** Answers the id of the first character. */
export function insertAt(text: Y.Text, offset: number, inserted: string): Id {
  const doc = text.doc;
  if (doc === null) throw new Error('a text that is in no document has no ids');
  const id = { client: doc.clientID, clock: Y.getState(doc.store, doc.clientID) };
  text.insert(offset, inserted);
  return id;
}

/** Those that stand there still. */
export function deleteIds(text: Y.Text, ids: readonly Id[]): void {
  const wanted = new Set(ids.map(keyOf));
  const offsets = wanted.size === 0 ? [] : idsOf(text).flatMap((id, offset) => (wanted.has(keyOf(id)) ? [offset] : []));
  // From the end, so that offsets before stay; neighbours together.
  for (let end = offsets.length; end > 0;) {
    let begin = end - 1;
    while (begin > 0 && offsets[begin - 1] === (offsets[begin] ?? 0) - 1) begin -= 1;
    text.delete(offsets[begin] ?? 0, end - begin);
    end = begin;
  }
}

function keyOf({ client, clock }: Id): string {
  return `${client}:${clock}`;
}

function isText(item: Y.Item): boolean {
  return !item.deleted && item.content instanceof Y.ContentString;
}

function range(item: Y.Item): Id[] {
  return Array.from({ length: item.length }, (_, offset) => plus(item.id, offset));
}
