/** Programs on PATH that the tests drive. Set-up has seen to it that they are there; a missing one is an error. */
import { findProgram } from '../../../scripts/set-up/run-program.mjs';

export function neededProgram(...names: readonly string[]): string {
  for (const name of names) {
    const found = findProgram(name);
    if (found !== null) return found;
  }
  throw new Error(`${names.join(' or ')} is not on PATH; npm test would have installed it.`);
}
