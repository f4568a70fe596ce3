/**
 * Pure: programs for a Python kernel that print 10,000 numbered lines in different manners, and exactly what is to be
 * seen of each. Each notes on disk that it ran, and that it came to its end.
 */
import type { ShownOutput } from './shown-output.js';

export const LINES = 10_000;

/** Of `line 00042` and its end. */
export const LINE_LENGTH = 11;

export const variants = ['plain', 'bursts', 'slow', 'mixed', 'progress', 'displays', 'clears'] as const;
export type Variant = (typeof variants)[number];

/** About how long each takes to print all. */
export const lastsMs: Readonly<Record<Variant, number>> = {
  plain: 300,
  bursts: 700,
  slow: 3_300,
  mixed: 800,
  progress: 900,
  displays: 700,
  clears: 1_200,
};

export interface ProgramFiles {
  /** Gets one line each time the program begins. */
  readonly ran: string;
  /** Is there when it has printed all. */
  readonly done: string;
}

export interface LineProgram {
  readonly source: string;
  readonly shown: readonly ShownOutput[];
}

export function lineProgram(variant: Variant, files: ProgramFiles): LineProgram {
  const { first = [], each, shown } = manners[variant];
  const lines = [
    'import sys, time',
    'from IPython.display import clear_output, display',
    `with open(${JSON.stringify(files.ran)}, "a") as ran:`,
    '    ran.write("ran\\n")',
    ...first,
    `for n in range(${LINES}):`,
    ...each.map((line) => `    ${line}`),
    'sys.stdout.flush(); sys.stderr.flush()',
    `open(${JSON.stringify(files.done)}, "w").close()`,
  ];
  return { source: lines.join('\n'), shown };
}

interface Manner {
  readonly first?: readonly string[];
  readonly each: readonly string[];
  readonly shown: readonly ShownOutput[];
}

const PRINT = 'sys.stdout.write(f"line {n:05d}\\n")';
const whole = [stream('stdout', () => true)];

const manners: Readonly<Record<Variant, Manner>> = {
  plain: { each: [PRINT], shown: whole },
  bursts: { each: [PRINT, 'if n % 50 == 49: sys.stdout.flush(); time.sleep(0.002)'], shown: whole },
  // Longer than a hub takes to come back.
  slow: { each: [PRINT, 'if n % 100 == 99: time.sleep(0.03)'], shown: whole },
  mixed: {
    each: [
      '(sys.stderr if n % 3 == 0 else sys.stdout).write(f"line {n:05d}\\n")',
      'if n % 200 == 199: time.sleep(0.01)',
    ],
    shown: [stream('stdout', (n) => n % 3 !== 0), stream('stderr', (n) => n % 3 === 0)],
  },
  progress: {
    each: [
      'sys.stdout.write(f"\\r{n // 100}%")',
      'if n % 40 == 0: sys.stdout.flush(); time.sleep(0.002)',
      'sys.stdout.write(f"\\rline {n:05d}\\n")',
    ],
    shown: whole,
  },
  displays: {
    first: ['shown = display({"text/plain": "at 0"}, raw=True, display_id=True)'],
    each: [
      'if n % 2500 == 1250: display({"text/plain": f"mark {n}"}, raw=True)',
      PRINT,
      'if n % 500 == 499: shown.update({"text/plain": f"at {n}"}, raw=True); time.sleep(0.02)',
    ],
    shown: [
      { kind: 'display', text: 'at 9999' },
      stream('stdout', (n) => n < 1250),
      ...[1250, 3750, 6250, 8750].flatMap((mark): ShownOutput[] => [
        { kind: 'display', text: `mark ${mark}` },
        stream('stdout', (n) => n >= mark && n < mark + 2500),
      ]),
    ],
  },
  clears: {
    each: ['if n > 0 and n % 1000 == 0: time.sleep(0.05); clear_output(wait=True); time.sleep(0.05)', PRINT],
    shown: [stream('stdout', (n) => n >= 9000)],
  },
};

function stream(kind: 'stdout' | 'stderr', has: (n: number) => boolean): ShownOutput {
  const numbers = Array.from({ length: LINES }, (_, n) => n).filter(has);
  return { kind, text: numbers.map((n) => `line ${String(n).padStart(5, '0')}\n`).join('') };
}
