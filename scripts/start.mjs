/** `npm start`: set-up, then the hub in this same process. Arguments are the hub's own; see `npm start -- --help`. */
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { repository } from './set-up/paths.mjs';
import { reportFailure } from './set-up/report.mjs';
import { setUpForStart } from './set-up/set-up.mjs';

/** The hub's options that take a value, so that the value is not taken for the folder. */
const valueOptions = Object.fromEntries(
  [
    ...['port', 'token', 'host', 'redis', 'peer-address', 'gateway-url', 'log-level'],
    ...['cull-idle-after', 'max-kernels', 'max-kernels-per-person'],
  ].map((name) => [name, { type: /** @type {const} */ ('string') }]),
);

try {
  const { notebooks } = await setUpForStart();
  /** @type {{ main: (argv: string[]) => Promise<void> }} */
  const { main } = await import(new URL('../hub/dist/main.js', import.meta.url).href);
  await main(hubArguments(process.argv.slice(2), notebooks));
} catch (error) {
  process.exitCode = reportFailure(error);
}

/**
 * The person's arguments, with the folder that they named seen from where they are (npm runs us in the repository's
 * own folder), or the notebooks' folder when they named none.
 * @param {string[]} args
 * @param {string} notebooks
 */
function hubArguments(args, notebooks) {
  const { tokens } = parseArgs({ args, strict: false, allowPositionals: true, tokens: true, options: valueOptions });
  const named = tokens.find((token) => token.kind === 'positional');
  if (named === undefined) return [notebooks, ...args];
  const from = process.env['INIT_CWD'] ?? repository;
  return args.map((argument, index) => (index === named.index ? resolve(from, argument) : argument));
}
