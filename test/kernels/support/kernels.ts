/**
 * The kernels that the matrix runs over: what each is asked, in its own language, and what it can't do, with the reason.
 * Seen by running them (ipykernel 7.4 and 6.17, deno 2.9, tslab 1.0).
 */

/** Code, or why this kernel has none for it. */
type Program = { readonly code: string } | { readonly cannot: string };

export interface TestKernel {
  /** Also its kernelspec's name and its notebook's. */
  readonly name: string;
  /** As its kernel_info says. */
  readonly language: string;
  /** The requests that it answers, by the name before `_request`. What is not here it ignores, by its own sources. */
  readonly answers: { readonly shell: readonly string[]; readonly control: readonly string[] };
  /** What its runs say on iopub, for output of all kinds. */
  readonly iopub: readonly string[];
  /** Gives 42. */
  readonly value: string;
  /** Prints the variable MATRIX of its environment. */
  readonly environment: string;
  /** Prints 'out' to stdout and 'err' to stderr. */
  readonly prints: string;
  /** Shows 'one' under a display id. */
  readonly shows: string;
  /** Makes it 'two', from another cell. */
  readonly shownAnew: string;
  /** Prints 'old', clears when the next output comes, prints 'new'. */
  readonly clears: Program;
  /** Asks 'Who?' and prints a greeting. */
  readonly asks: Program;
  /** Fails with `not so`. */
  readonly fails: string;
  /** Ends at once, and prints 'late' when the file is there. */
  readonly late: (file: string) => string;
  /** Prints 'on', then goes on for a minute. */
  readonly endless: string;
  /** Prints its process id. */
  readonly pid: string;
  readonly remembers: string;
  /** Prints whether it does, as true or True, false or False. */
  readonly recalls: string;
  /** Publishes a message of a type that nobody knows, `of_tomorrow`. */
  readonly unknownType: Program;
}

const outputTypes = ['stream', 'display_data', 'update_display_data', 'status'];

const python: Omit<TestKernel, 'name' | 'answers'> = {
  language: 'python',
  iopub: [...outputTypes, 'execute_input', 'execute_result', 'error'],
  value: '20 * 2 + 2',
  environment: 'import os\nprint(os.environ["MATRIX"])',
  prints: 'import sys\nprint("out")\nprint("err", file=sys.stderr)',
  shows: 'shown = display({"text/plain": "one"}, raw=True, display_id=True)',
  shownAnew: 'shown.update({"text/plain": "two"}, raw=True)',
  clears: {
    code: 'from IPython.display import clear_output\nprint("old")\nclear_output(wait=True)\nprint("new")',
  },
  asks: { code: 'print("Hello " + input("Who?").upper())' },
  fails: 'raise TypeError("not so")',
  late: (file) =>
    [
      'import os, threading, time',
      'def print_late():',
      `    while not os.path.exists(${JSON.stringify(file)}): time.sleep(0.02)`,
      '    print("late")',
      'threading.Thread(target=print_late).start()',
    ].join('\n'),
  endless: 'import time\nprint("on")\nfor n in range(600): time.sleep(0.1)',
  pid: 'import os\nprint(os.getpid())',
  remembers: 'kept = 1',
  recalls: 'print("kept" in globals())',
  unknownType: {
    code: 'k = get_ipython().kernel\nk.session.send(k.iopub_socket, "of_tomorrow", {"a": 1}, parent=k.get_parent())',
  },
};

const everyShellRequest = ['kernel_info', 'complete', 'inspect', 'is_complete', 'history', 'comm_info', 'connect'];

const ipykernel7: TestKernel = {
  ...python,
  name: 'ipykernel7',
  answers: { shell: everyShellRequest, control: ['usage', 'debug', 'create_subshell', 'list_subshell'] },
};

/** Before subshells. */
const ipykernel6: TestKernel = {
  ...python,
  name: 'ipykernel6',
  answers: { shell: everyShellRequest, control: ['usage', 'debug'] },
};

/** Says no connect_reply, and nothing at all on control but to interrupt and shutdown. */
const deno: TestKernel = {
  name: 'deno',
  language: 'typescript',
  answers: { shell: everyShellRequest.filter((name) => name !== 'connect'), control: [] },
  iopub: [...outputTypes, 'execute_input', 'execute_result', 'error'],
  value: '20 * 2 + 2',
  environment: 'console.log(Deno.env.get("MATRIX"))',
  prints: 'console.log("out");\nconsole.error("err")',
  shows: denoDisplay('display_data', 'one'),
  shownAnew: denoDisplay('update_display_data', 'two'),
  clears: {
    code: 'console.log("old");\nawait new Promise((go) => setTimeout(go, 100));\nawait Deno.jupyter.broadcast("clear_output", { wait: true });\nconsole.log("new")',
  },
  asks: { code: 'console.log("Hello " + prompt("Who?")?.toUpperCase())' },
  fails: 'throw new TypeError("not so")',
  late: (file) =>
    printsLate(`(() => { try { Deno.statSync(${JSON.stringify(file)}); return true; } catch { return false; } })()`),
  // It leaves a promise that is awaited alone; a loop it stops.
  endless: 'console.log("on");\nfor (const end = Date.now() + 60_000; Date.now() < end; );',
  pid: 'console.log(Deno.pid)',
  remembers: '(globalThis as any).kept = 1;',
  recalls: 'console.log((globalThis as any).kept === 1)',
  unknownType: { code: 'await Deno.jupyter.broadcast("of_tomorrow", { a: 1 })' },
};

/** In JavaScript: prints when the expression is true. */
function printsLate(isTime: string): string {
  const look = `if (!${isTime}) return; clearInterval(looking); console.log("late");`;
  return `const looking = setInterval(() => { ${look} }, 20);\nundefined`;
}

function denoDisplay(type: string, text: string): string {
  const content = { data: { 'text/plain': text }, metadata: {}, transient: { display_id: 'shown' } };
  return `await Deno.jupyter.broadcast("${type}", ${JSON.stringify(content)})`;
}

/** Tells results and errors as stream text alone, and no execute_input; knows neither history, connect nor control. */
const tslab: TestKernel = {
  name: 'tslab',
  language: 'typescript',
  answers: { shell: ['kernel_info', 'complete', 'inspect', 'is_complete'], control: [] },
  iopub: outputTypes,
  value: '20 * 2 + 2',
  environment: 'console.log(process.env["MATRIX"])',
  prints: 'console.log("out");\nconsole.error("err")',
  shows: 'import { newDisplay } from "tslab";\nconst shown = newDisplay();\nshown.text("one")',
  shownAnew: 'shown.text("two")',
  clears: { cannot: 'it has nothing that clears' },
  asks: { cannot: 'it never asks: its stdin channel is bound and not used' },
  fails: 'throw new TypeError("not so")',
  late: (file) => printsLate(`require("fs").existsSync(${JSON.stringify(file)})`),
  // It can be stopped neither in a loop nor while it compiles, only while it awaits.
  endless: 'await new Promise((go) => {\n  setTimeout(() => console.log("on"), 50);\n  setTimeout(go, 60_000);\n})',
  pid: 'console.log(process.pid)',
  remembers: '(globalThis as any).kept = 1;',
  recalls: 'console.log((globalThis as any).kept === 1)',
  unknownType: { cannot: 'its programs can publish displays only' },
};

/** Why a kernel is left out of the matrix here. */
export const leftOut: readonly string[] =
  process.env['COKERNEL_TEST_PYTHON_6'] === undefined
    ? ['ipykernel 6 is left out: COKERNEL_TEST_PYTHON_6 names no Python that has it (Debian: python3-ipykernel)']
    : [];

export const kernels: readonly TestKernel[] = [ipykernel7, ...(leftOut.length > 0 ? [] : [ipykernel6]), deno, tslab];

/** The kernels that have a program for it, each with that program's code. */
export function able(of: 'clears' | 'asks' | 'unknownType'): { readonly name: string; readonly code: string }[] {
  return kernels.flatMap(({ name, [of]: program }) => ('code' in program ? [{ name, code: program.code }] : []));
}
