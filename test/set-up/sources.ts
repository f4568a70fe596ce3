/** The repository's own files, as the tests of its rules read them. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { repository } from '../end-to-end/support/repository.js';

export interface SourceFile {
  /** Relative to the repository, with `/`. */
  readonly path: string;
  readonly text: string;
}

const ours = ['proto', 'hub', 'clients', 'scripts', 'test', 'bench'];
const notOurs = new Set(['node_modules', 'dist']);

/** Files of ours whose path ends so. */
export function sourceFiles(ending: RegExp): readonly SourceFile[] {
  return ours.flatMap((folder) => pathsBelow(folder)).flatMap((path) => (ending.test(path) ? [read(path)] : []));
}

export function read(path: string): SourceFile {
  return { path, text: readFileSync(join(repository.root, path), 'utf8') };
}

function pathsBelow(folder: string): readonly string[] {
  return readdirSync(join(repository.root, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = `${folder}/${entry.name}`;
    if (!entry.isDirectory()) return [path];
    return notOurs.has(entry.name) ? [] : pathsBelow(path);
  });
}
