/** The repository's own files, as its rules are checked against them. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { repository } from '../set-up/paths.mjs';

const ours = ['proto', 'hub', 'clients', 'scripts', 'test', 'bench'];
const notOurs = new Set(['node_modules', 'dist']);

/**
 * Files of ours whose path matches, in order.
 * @param {RegExp} path relative to the repository, with `/`
 * @returns {readonly import('./table.mjs').SourceFile[]}
 */
export function sourceFiles(path) {
  return ours.flatMap(pathsBelow).flatMap((each) => (path.test(each) ? [read(each)] : []));
}

export function testFiles() {
  return sourceFiles(/(^|\/)test\/.*\.tsx?$/);
}

/**
 * @param {string} path relative to the repository
 */
export function read(path) {
  return { path, text: readFileSync(join(repository, path), 'utf8') };
}

/**
 * @param {string} folder
 * @returns {readonly string[]}
 */
function pathsBelow(folder) {
  const entries = readdirSync(join(repository, folder), { withFileTypes: true });
  return entries.flatMap((entry) => {
    const path = `${folder}/${entry.name}`;
    if (!entry.isDirectory()) return [path];
    return notOurs.has(entry.name) ? [] : pathsBelow(path);
  });
}
