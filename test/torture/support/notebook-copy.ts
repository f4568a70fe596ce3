/** Pure: what a copy of the notebook says, and what is wrong in it: words that are lost or doubled, cells that are there twice. */

export interface CopiedCell {
  readonly id: string;
  readonly source: string;
  /** The file's version of this cell's text stands here, since both sides had changed the same lines. */
  readonly conflictOf: string | null;
}

export type NotebookCopy = readonly CopiedCell[];

/** `kept`: the words that must be there, each in a line of its own. `conflicts`: so many conflicts there can be. */
export function faultsOf(copy: NotebookCopy, kept: ReadonlySet<string>, conflicts: number): readonly string[] {
  const holders = holdersOf(copy);
  const lost = [...kept].flatMap((word) => wordFault(word, holders.get(word) ?? []) ?? []);
  const ids = copy.map(({ id }) => id);
  const doubled = ids.length === new Set(ids).size ? [] : ['a cell is there twice'];
  const beside = copy.filter(({ conflictOf }) => conflictOf !== null).length;
  const causeless = beside <= conflicts ? [] : [`it has ${String(beside)} conflicts where ${String(conflicts)} can be`];
  return [...doubled, ...causeless, ...lost];
}

/** By line: the cells that have it, one that has it twice being there twice. */
function holdersOf(copy: NotebookCopy): ReadonlyMap<string, readonly CopiedCell[]> {
  const holders = new Map<string, CopiedCell[]>();
  for (const cell of copy) {
    for (const line of cell.source.split('\n')) {
      const own = holders.get(line) ?? [];
      own.push(cell);
      holders.set(line, own);
    }
  }
  return holders;
}

/** Of a cell both of whose versions are kept, what they share stands in both: once in each. */
function wordFault(word: string, holders: readonly CopiedCell[]): string | null {
  const ids = new Set(holders.map(({ id }) => id));
  const first = holders.filter(({ conflictOf }) => conflictOf === null || !ids.has(conflictOf));
  if (first.length === 1 && ids.size === holders.length) return null;
  return `'${word}' is there ${String(holders.length)} times${holders.length === 0 ? '' : `: in ${[...ids].join(', ')}`}`;
}
