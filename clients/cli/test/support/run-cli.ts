/** The command line from its sources, so that a test needs no build: `node --import tsx run-cli.ts ARGUMENTS`. */
import { main } from '../../src/main.js';

await main(process.argv.slice(2));
