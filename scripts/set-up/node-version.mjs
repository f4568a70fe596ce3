/** Pure: is this Node new enough? */
import { SetUpError } from './report.mjs';

const oldestNode = 20;

/** @param {string} version such as `20.11.1` */
export function checkNodeVersion(version) {
  const major = Number(version.split('.')[0]);
  if (major >= oldestNode) return;
  throw new SetUpError(
    `Cokernel needs Node ${oldestNode} or newer; this is Node ${version}.`,
    'Install a newer one (https://nodejs.org, or your system’s package) and run the same command again.',
  );
}
