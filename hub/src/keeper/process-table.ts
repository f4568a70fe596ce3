/**
 * The processes of this machine as rows, read from what Linux's /proc or the program `ps` says, and what the tree of
 * one kernel uses: the kernel, all of its process group or session, and all descendants of these.
 * Pure: texts and rows in, rows and sums out.
 */
export interface ProcessRow {
  readonly pid: number;
  readonly parentPid: number;
  readonly groupId: number;
  /** 0 where it is not known, as on macOS. */
  readonly sessionId: number;
  /** Of the process and of the children that it has waited for: what a child used is not lost when it ends. */
  readonly cpuMs: number;
  /** Null where the table does not say it, as in Linux's `stat`, whose pages are of a size that it does not tell. */
  readonly rssBytes: number | null;
}

/** Linux counts the time in /proc in hundredths of a second on every architecture that Node runs on. */
const MS_PER_TICK = 10;

/** The text of `/proc/<pid>/stat`; null when it is none. The name in it may hold spaces and parentheses. */
export function parseProcStat(text: string): ProcessRow | null {
  const nameEnd = text.lastIndexOf(')');
  const pid = Number.parseInt(text, 10);
  // From the third field on, the state: proc(5) counts from 1, so that its field n is here at n - 3.
  const fields = text.slice(nameEnd + 2).split(' ');
  const field = (number: number) => Number(fields[number - 3]);
  const ticks = field(14) + field(15) + field(16) + field(17);
  if (nameEnd < 0 || !Number.isInteger(pid) || !Number.isFinite(ticks)) return null;
  return {
    pid,
    parentPid: field(4),
    groupId: field(5),
    sessionId: field(6),
    cpuMs: ticks * MS_PER_TICK,
    rssBytes: null,
  };
}

/** The text of `/proc/<pid>/status`; 0 for a process without memory of its own, such as a zombie. */
export function parseProcRss(text: string): number {
  return Number(/^VmRSS:\s*(\d+) kB$/m.exec(text)?.[1] ?? 0) * 1024;
}

export const PS_COLUMNS = 'pid=,ppid=,pgid=,rss=,time=';

/** What `ps -axo` prints with `PS_COLUMNS`; lines that are none of its rows are skipped. */
export function parsePs(text: string): readonly ProcessRow[] {
  return text.split('\n').flatMap((line) => {
    const found = /^\s*(\d+)\s+(\d+)\s+(\d+)\s+(\d+)\s+([\d:.-]+)\s*$/.exec(line);
    const cpuMs = parseCpuTime(found?.[5] ?? '');
    if (found === null || cpuMs === null) return [];
    const [pid = 0, parentPid = 0, groupId = 0, rssKib = 0] = found.slice(1, 5).map(Number);
    return [{ pid, parentPid, groupId, sessionId: 0, cpuMs, rssBytes: rssKib * 1024 }];
  });
}

/** `12:34.56` of macOS, `1-02:03:04` of Linux; null when it is neither. */
function parseCpuTime(text: string): number | null {
  const found = /^(?:(\d+)-)?(?:(\d+):)?(\d+):(\d+(?:\.\d+)?)$/.exec(text);
  if (found === null) return null;
  const [days = 0, hours = 0, minutes = 0, seconds = 0] = found.slice(1).map((part) => Number(part ?? 0));
  return Math.round((((days * 24 + hours) * 60 + minutes) * 60 + seconds) * 1000);
}

/** The process `rootPid` with all that belongs to it; empty when it is not there. */
export function treeOf(rootPid: number, rows: readonly ProcessRow[]): readonly ProcessRow[] {
  if (!rows.some(({ pid }) => pid === rootPid)) return [];
  const isFirst = (row: ProcessRow) => [row.pid, row.groupId, row.sessionId].includes(rootPid);
  const members = new Map(rows.filter(isFirst).map((row) => [row.pid, row]));
  const children = byParent(rows);
  // A map that grows while it is walked is walked to its new end: so children of children come too.
  for (const pid of members.keys()) {
    for (const child of children.get(pid) ?? []) members.set(child.pid, child);
  }
  return [...members.values()];
}

function byParent(rows: readonly ProcessRow[]): ReadonlyMap<number, readonly ProcessRow[]> {
  const children = new Map<number, ProcessRow[]>();
  for (const row of rows) {
    const siblings = children.get(row.parentPid);
    if (siblings === undefined) children.set(row.parentPid, [row]);
    else siblings.push(row);
  }
  return children;
}
