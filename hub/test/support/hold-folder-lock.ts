/** Tries for a folder's lock, says how it went, and stays until it is killed or its input ends. */
import { acquireFolderLock } from '../../src/storage/embedded/folder-lock.js';

const outcome = await acquireFolderLock(process.argv[2] ?? '', { url: 'http://holder/' });
const said =
  outcome.outcome === 'acquired' ? 'acquired' : `held ${String(outcome.holder.pid)} ${outcome.holder.url ?? ''}`;
process.stdout.write(`${said}\n`);
process.stdin.resume();
