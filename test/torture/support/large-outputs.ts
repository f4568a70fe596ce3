/** Pure: programs that print or show much more than a document holds, and what of it a person must be able to read. */
import { createHash } from 'node:crypto';

export interface LargeCounts {
  readonly lines: number;
  readonly plots: number;
  /** How long the progress bars go on. */
  readonly progressMs: number;
}

export const kinds = ['prints', 'plots', 'progress'] as const;
export type LargeKind = (typeof kinds)[number];

/** Of a plot, before base64. */
const PLOT_BYTES = 200_000;
/** That a bar is written anew until its line ends. */
const STEPS_OF_BAR = 20;

export function sourceOf(kind: LargeKind, counts: LargeCounts, seed: number): string {
  switch (kind) {
    case 'prints':
      return `for i in range(${counts.lines}): print(i)`;
    case 'plots':
      return [
        'import base64, hashlib',
        'from IPython.display import display',
        `for i in range(${counts.plots}):`,
        `    png = hashlib.shake_256(f"${seed} {i}".encode()).digest(${PLOT_BYTES})`,
        '    display({"image/png": base64.b64encode(png).decode(), "text/plain": f"<plot {i}>"}, raw=True)',
      ].join('\n');
    case 'progress':
      return [
        'import time',
        `end, bars = time.monotonic() + ${counts.progressMs / 1000}, 0`,
        'while time.monotonic() < end:',
        `    for step in range(1, ${STEPS_OF_BAR + 1}):`,
        `        done = 40 * step // ${STEPS_OF_BAR}`,
        `        print(f"\\rbar {bars}: |{\'#\' * done}{\'.\' * (40 - done)}| {step}/${STEPS_OF_BAR}", end="", flush=True)`,
        '    print()',
        '    bars += 1',
        'print(bars, "bars")',
      ].join('\n');
  }
}

/** What is to be read in the end. Bars are as many as the last line says. */
export function textOf(kind: 'prints' | 'progress', counts: LargeCounts, lastLine: string): string {
  if (kind === 'prints') return numbered(counts.lines, (n) => `${n}\n`);
  const bars = Number(/^(\d+) bars$/.exec(lastLine)?.[1] ?? Number.NaN);
  if (!Number.isInteger(bars)) throw new Error(`the last line should count the bars: ${JSON.stringify(lastLine)}`);
  const bar = (n: number): string => `bar ${n}: |${'#'.repeat(40)}| ${STEPS_OF_BAR}/${STEPS_OF_BAR}\n`;
  return `${numbered(bars, bar)}${bars} bars\n`;
}

export function plot(n: number, seed: number): Buffer {
  return createHash('shake256', { outputLength: PLOT_BYTES }).update(`${seed} ${n}`).digest();
}

function numbered(count: number, line: (n: number) => string): string {
  return Array.from({ length: count }, (_, n) => line(n)).join('');
}
