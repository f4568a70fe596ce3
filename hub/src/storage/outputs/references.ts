/**
 * Pure: which notebook refers to which outputs and texts, and when it let one go. What was let go counts as referred to
 * until it is forgotten, so that an undo finds it; what keeps something from being swept is a holder.
 */
import { ContentHash, FileId, TextId } from '@cokernel/proto/hub';
import { z } from 'zod';
import type { Reference } from '../../run/output-store.js';

const Target = z.union([ContentHash, TextId]);
export type Target = z.infer<typeof Target>;

const ms = z.number();

/** What one call changed. Times in ms since 1970. */
export const ReferenceChange = z.union([
  z.object({ at: ms, fileId: FileId, holder: z.string(), add: z.array(Target), letGo: z.array(Target) }),
  z.object({ forgetLetGoBefore: ms }),
]);
export type ReferenceChange = Readonly<z.infer<typeof ReferenceChange>>;

/** All of it, as a change of nothing. */
export const ReferenceState = z.object({
  held: z.array(z.object({ fileId: FileId, holder: z.string(), targets: z.array(Target) })),
  letGo: z.array(z.object({ fileId: FileId, targets: z.array(z.tuple([Target, ms])) })),
});
export type ReferenceState = z.infer<typeof ReferenceState>;

export class References {
  readonly #held = new Map<FileId, Map<string, Set<Target>>>();
  readonly #letGo = new Map<FileId, Map<Target, number>>();
  /** How many holders each has; what has none is not here. */
  readonly #holders = new Map<Target, number>();

  /** What makes the holder refer to these too; null when it does already. */
  adding({ fileId, holder }: Reference, to: readonly Target[], at: number): ReferenceChange | null {
    const known = this.#held.get(fileId)?.get(holder);
    const add = [...new Set(to)].filter((target) => known?.has(target) !== true);
    return add.length === 0 ? null : { at, fileId, holder, add, letGo: [] };
  }

  /** What makes the holder refer to these and no others; null when nothing changes. */
  replacing(by: Reference, to: readonly Target[], at: number): ReferenceChange | null {
    const wanted = new Set(to);
    const letGo = [...(this.#held.get(by.fileId)?.get(by.holder) ?? [])].filter((target) => !wanted.has(target));
    const change = this.adding(by, to, at);
    if (change !== null && 'add' in change) return { ...change, letGo };
    return letGo.length === 0 ? null : { at, ...by, add: [], letGo };
  }

  apply(change: ReferenceChange): void {
    if ('forgetLetGoBefore' in change) {
      this.#forget(change.forgetLetGoBefore);
      return;
    }
    const { fileId, holder, at } = change;
    for (const target of change.add) this.#add(fileId, holder, target);
    for (const target of change.letGo) this.#drop(fileId, holder, target, at);
  }

  holders(): readonly Reference[] {
    return [...this.#held].flatMap(([fileId, holders]) => [...holders.keys()].map((holder) => ({ fileId, holder })));
  }

  isReferred(fileId: FileId, target: Target): boolean {
    if (this.#letGo.get(fileId)?.has(target) === true) return true;
    return [...(this.#held.get(fileId)?.values() ?? [])].some((targets) => targets.has(target));
  }

  /** Nobody refers to it, nor did since `beforeMs`. */
  isFree(target: Target, beforeMs: number): boolean {
    if (this.#holders.has(target)) return false;
    return [...this.#letGo.values()].every((targets) => (targets.get(target) ?? 0) < beforeMs);
  }

  state(): ReferenceState {
    const held = [...this.#held].flatMap(([fileId, holders]) =>
      [...holders].map(([holder, targets]) => ({ fileId, holder, targets: [...targets] })),
    );
    return { held, letGo: [...this.#letGo].map(([fileId, targets]) => ({ fileId, targets: [...targets] })) };
  }

  /** In the place of all that is here. */
  restore({ held, letGo }: ReferenceState): void {
    for (const map of [this.#held, this.#letGo, this.#holders]) map.clear();
    for (const { fileId, holder, targets } of held) {
      for (const target of targets) this.#add(fileId, holder, target);
    }
    for (const { fileId, targets } of letGo) this.#letGo.set(fileId, new Map(targets));
  }

  #add(fileId: FileId, holder: string, target: Target): void {
    const targets = within(
      within(this.#held, fileId, () => new Map<string, Set<Target>>()),
      holder,
      () => new Set(),
    );
    if (!targets.has(target)) this.#holders.set(target, (this.#holders.get(target) ?? 0) + 1);
    targets.add(target);
    this.#letGo.get(fileId)?.delete(target);
  }

  #drop(fileId: FileId, holder: string, target: Target, at: number): void {
    const holders = this.#held.get(fileId);
    const targets = holders?.get(holder);
    if (targets?.delete(target) !== true) return;
    if (targets.size === 0) holders?.delete(holder);
    if (holders?.size === 0) this.#held.delete(fileId);
    const left = (this.#holders.get(target) ?? 1) - 1;
    if (left > 0) this.#holders.set(target, left);
    else this.#holders.delete(target);
    within(this.#letGo, fileId, () => new Map<Target, number>()).set(target, at);
  }

  #forget(before: number): void {
    for (const [fileId, targets] of this.#letGo) {
      for (const [target, at] of targets) if (at < before) targets.delete(target);
      if (targets.size === 0) this.#letGo.delete(fileId);
    }
  }
}

function within<K, V>(map: Map<K, V>, key: K, make: () => V): V {
  const known = map.get(key);
  if (known !== undefined) return known;
  const made = make();
  map.set(key, made);
  return made;
}
