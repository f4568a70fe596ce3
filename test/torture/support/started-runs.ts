/** What the programs of a cluster noted on disk as they began: a line each, with the run's id and the time in seconds. */
import { existsSync, readFileSync } from 'node:fs';

export interface StartedRun {
  readonly runId: string;
  /** Milliseconds since 1970. */
  readonly at: number;
}

export function startsOf(file: string): readonly StartedRun[] {
  const lines = existsSync(file)
    ? readFileSync(file, 'utf8')
        .split('\n')
        .filter((line) => line !== '')
    : [];
  return lines.map((line) => {
    const [runId = '', seconds] = line.split(' ');
    return { runId, at: Number(seconds) * 1_000 };
  });
}

/** How often each began. */
export function timesRun(file: string): ReadonlyMap<string, number> {
  const times = new Map<string, number>();
  for (const { runId } of startsOf(file)) times.set(runId, (times.get(runId) ?? 0) + 1);
  return times;
}
