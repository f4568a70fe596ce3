/**
 * How tests start the hub and its keeper by themselves: as `npm test` has just built them, where it says so
 * (COKERNEL_TEST_BUILT, the folder); else from their sources, so that one test by itself needs no build. From sources each start
 * takes a core for a second more.
 */
import { createRequire } from 'node:module';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { repository } from './repository.js';

const TSX = pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href;
const built = process.env['COKERNEL_TEST_BUILT'];
const source = (name: string): readonly string[] => ['--import', TSX, path.join(repository.root, 'hub', 'src', name)];

/** Arguments of Node. */
export const hubProgram = built === undefined ? source('main.ts') : [path.join(built, 'main.js')];

export const keeperCommand: readonly string[] = [
  process.execPath,
  ...(built === undefined ? source('keeper/main.ts') : [path.join(built, 'keeper.js')]),
];
