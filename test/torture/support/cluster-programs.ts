/**
 * Pure: the cells that people run while hubs die. Each notes first, in a file that all share, by its run's id and the time,
 * that it runs: two lines of one id are a run that ran twice. Then it prints lines that say whose they are.
 */
import type { ShownOutput } from './shown-output.js';

interface Program {
  readonly lines: number;
  /** Between two lines. */
  readonly pauseSeconds?: number;
  /** Waits, behind its lines, until the file of this run's id lies in the folder of gates. */
  readonly isGate?: boolean;
  readonly error?: string;
}

const programs = {
  quick: { lines: 1 },
  again: { lines: 1 },
  prints: { lines: 200 },
  slow: { lines: 30, pauseSeconds: 0.01 },
  fails: { lines: 2, error: 'as it should' },
  gate: { lines: 1, isGate: true },
  long: { lines: 100, pauseSeconds: 0.05 },
} as const satisfies Record<string, Program>;
export type ProgramName = keyof typeof programs;

/** Those that people ask for in any order. */
export const ordinary = ['quick', 'again', 'prints', 'slow', 'fails'] as const satisfies readonly ProgramName[];
export const programNames: readonly ProgramName[] = [...ordinary, 'gate', 'long'];

/** Throws when there is none. */
export function programNamed(cellId: string): ProgramName {
  const found = programNames.find((name) => name === cellId);
  if (found === undefined) throw new Error(`no program is called '${cellId}'`);
  return found;
}

export interface ProgramPlaces {
  /** The file in which each run notes itself. */
  readonly ran: string;
  readonly gates: string;
}

/** Their sources by their names, which are the cells' ids. */
export function programSources(places: ProgramPlaces): Readonly<Record<string, string>> {
  return Object.fromEntries(programNames.map((name) => [name, source(name, programs[name], places)]));
}

function source(name: string, program: Program, { ran, gates }: ProgramPlaces): string {
  const { lines, pauseSeconds = 0, isGate = false, error } = program;
  return [
    `# ${name}`,
    'import os, time',
    'run = get_ipython().get_parent()["header"]["msg_id"]',
    `with open(${JSON.stringify(ran)}, "ab", buffering=0) as ran: ran.write(f"{run} {time.time()}\\n".encode())`,
    `for n in range(${lines}):`,
    `    print(f"{run} {n}"${pauseSeconds > 0 ? ', flush=True' : ''})`,
    ...(pauseSeconds > 0 ? [`    time.sleep(${pauseSeconds})`] : []),
    ...(isGate ? [`while not os.path.exists(${JSON.stringify(`${gates}/`)} + run): time.sleep(0.01)`] : []),
    ...(error === undefined ? [] : [`raise ValueError(${JSON.stringify(error)})`]),
  ].join('\n');
}

/** What is to be seen below the cell after this run of it. */
export function shownBy(name: ProgramName, runId: string): readonly ShownOutput[] {
  const program: Program = programs[name];
  const text = Array.from({ length: program.lines }, (_, n) => `${runId} ${n}\n`).join('');
  const printed: ShownOutput = { kind: 'stdout', text };
  return program.error === undefined ? [printed] : [printed, { kind: 'error', text: `ValueError: ${program.error}` }];
}

/** How a run of it ends that nobody withdraws. */
export function endOf(name: ProgramName): 'succeeded' | 'failed' {
  const program: Program = programs[name];
  return program.error === undefined ? 'succeeded' : 'failed';
}
