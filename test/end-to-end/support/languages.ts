/** The same small programs in the languages whose kernels the main job is walked through. */
import { denoKernelspec, pythonKernelspec } from './kernelspecs.js';
import type { Scratch } from './scratch.js';

export interface Language {
  readonly name: string;
  readonly specName: string;
  readonly displayName: string;
  readonly language: string;
  /** Makes the kernelspec and answers the folder for JUPYTER_PATH. */
  readonly kernelspec: (scratch: Scratch) => string;
  /** Prints a text that stands nowhere in the source. */
  readonly greet: string;
  readonly greeting: string;
  readonly sum: string;
  readonly asks: string;
  readonly fails: string;
  readonly failure: string;
  /** Prints 'first', waits until the file is there, then prints a hundred lines and 'last'. */
  readonly waitsFor: (file: string) => string;
}

export const python: Language = {
  name: 'ipykernel',
  specName: 'python3',
  displayName: 'Python 3',
  language: 'python',
  kernelspec: pythonKernelspec,
  greet: 'print("from " + "Ann".upper())',
  greeting: 'from ANN',
  sum: '20 * 2 + 2',
  asks: 'name = input("Who is there? ")\nprint("Hello " + name.upper())',
  fails: '{}["nowhere"]',
  failure: 'KeyError',
  waitsFor: (file) =>
    [
      'import os, time',
      'print("first", flush=True)',
      `while not os.path.exists(${JSON.stringify(file)}):`,
      '    time.sleep(0.02)',
      'for n in range(100):',
      '    print("line", n)',
      'print("la" + "st")',
    ].join('\n'),
};

export const deno: Language = {
  name: 'deno',
  specName: 'deno',
  displayName: 'Deno',
  language: 'typescript',
  kernelspec: denoKernelspec,
  greet: 'console.log("from " + "Ann".toUpperCase())',
  greeting: 'from ANN',
  sum: '20 * 2 + 2',
  asks: 'const who = prompt("Who is there?") ?? "";\nconsole.log("Hello " + who.toUpperCase())',
  fails: 'throw new TypeError("not " + "so")',
  failure: 'not so',
  waitsFor: (file) =>
    [
      'console.log("first");',
      'const there = () => { try { Deno.statSync(' +
        JSON.stringify(file) +
        '); return true; } catch { return false; } };',
      'while (!there()) await new Promise((go) => setTimeout(go, 20));',
      'for (let n = 0; n < 100; n++) console.log("line", n);',
      'console.log("la" + "st");',
    ].join('\n'),
};
