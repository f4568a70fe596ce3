/** Runs Python with nbformat, the authority on the format. COKERNEL_TEST_PYTHON names it; set-up guarantees one. */
import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const python = process.env['COKERNEL_TEST_PYTHON'] ?? 'python3';

/** The standard output of `code`, which gets `input` as text on standard input. */
export function runPython(code: string, input: string): string {
  return run(['-c', code], input);
}

function run(args: readonly string[], input: string): string {
  const env = { ...process.env, PYTHONUTF8: '1' };
  return execFileSync(python, args, { input, encoding: 'utf8', env, maxBuffer: 1024 ** 3 });
}

export interface SaidByNbformat {
  /** Why it does not open or save the file, or null. */
  readonly refusal: string | null;
  /** What it saves, or null. */
  readonly saved: string | null;
  /** Why it finds what we wrote not valid, or null. */
  readonly invalid: string | null;
}

const nbformatSaysFile = fileURLToPath(new URL('conformance/nbformat_says.py', import.meta.url));

/** What nbformat makes of each file and of what we wrote for it; by one process for all. */
export function nbformatSays(
  files: readonly { readonly content: Uint8Array | string; readonly written: string | null }[],
): readonly SaidByNbformat[] {
  const cases = files.map(({ content, written }) => ({ file: Buffer.from(content).toString('base64'), written }));
  return JSON.parse(run([nbformatSaysFile], JSON.stringify(cases))) as readonly SaidByNbformat[];
}

/** Throws, with the reason, when nbformat finds the notebook invalid. */
export function validateByNbformat(text: string): void {
  runPython('import sys, json, nbformat; nbformat.validate(json.load(sys.stdin))', text);
}
