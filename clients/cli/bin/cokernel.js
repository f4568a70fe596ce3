#!/usr/bin/env node
// The command `cokernel`: the program itself is built from src/ (npm start builds it).
import { existsSync } from 'node:fs';

const program = new URL('../dist/main.js', import.meta.url);
if (existsSync(program)) {
  /** @type {{ main: (argv: readonly string[]) => Promise<void> }} */
  const { main } = await import(program.href);
  await main(process.argv.slice(2));
} else {
  console.error('cokernel: not built yet. Run `npm start` (or `npm test`) once in the clone, then try again.');
  process.exitCode = 2;
}
