/** Runs Python with nbformat, the authority on the format. COKERNEL_TEST_PYTHON names it; set-up guarantees one. */
import { execFileSync } from 'node:child_process';

const python = process.env['COKERNEL_TEST_PYTHON'] ?? 'python3';

/** The standard output of `code`, which gets `input` as text on standard input. */
export function runPython(code: string, input: string): string {
  return run(['-c', code], input);
}

/** The same for a program of its own. */
export function runPythonFile(file: string, input: string): string {
  return run([file], input);
}

function run(args: readonly string[], input: string): string {
  const env = { ...process.env, PYTHONUTF8: '1' };
  return execFileSync(python, args, { input, encoding: 'utf8', env, maxBuffer: 1024 ** 3 });
}

/** What Python's nbformat makes of a notebook file when it opens and saves it. */
export function savedByNbformat(text: string): string {
  return runPython(
    [
      'import sys, io, nbformat',
      'notebook = nbformat.reads(sys.stdin.read(), as_version=nbformat.NO_CONVERT)',
      'out = io.StringIO()',
      'nbformat.write(notebook, out)',
      'sys.stdout.write(out.getvalue())',
    ].join('\n'),
    text,
  );
}

/** Throws, with the reason, when nbformat finds the notebook invalid. */
export function validateByNbformat(text: string): void {
  runPython('import sys, json, nbformat; nbformat.validate(json.load(sys.stdin))', text);
}
