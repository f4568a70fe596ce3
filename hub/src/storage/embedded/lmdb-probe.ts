/**
 * Tries a doubtful LMDB file in a process of its own: LMDB maps the file into memory and trusts it, so that a
 * damaged one ends the process that reads it. The probe reads every entry and writes once.
 */
import { spawn } from 'node:child_process';
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';

/** A sound file of this kind is read in a fraction of a second. */
const probeLimitMs = 20_000;

const program = (lmdbUrl: string, path: string): string => `
import { open } from ${JSON.stringify(lmdbUrl)};
const root = open({ path: ${JSON.stringify(path)}, encoding: 'json', overlappingSync: false, noSubdir: true });
let entries = 0;
for (const { key, value } of root.getRange()) {
  if (!Array.isArray(key) || value === undefined) throw new Error('an entry can not be read');
  entries += 1;
}
if (entries !== root.getCount()) throw new Error('some entries are out of reach');
await root.put(['probe'], 1);
await root.remove(['probe']);
await root.close();
process.stdout.write('sound');
`;

/** What is wrong with the file; null when it is sound. */
export async function probeLmdb(path: string): Promise<string | null> {
  const lmdbUrl = pathToFileURL(createRequire(import.meta.url).resolve('lmdb')).href;
  const child = spawn(process.execPath, ['--input-type=module', '--eval', program(lmdbUrl, path)], {
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: probeLimitMs,
    killSignal: 'SIGKILL',
  });
  const output: string[] = [];
  const errors: string[] = [];
  child.stdout.on('data', (chunk: Buffer) => output.push(chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => errors.push(chunk.toString()));
  const end = await new Promise<string>((resolve) => {
    child.once('error', (error) => {
      resolve(error.message);
    });
    child.once('close', (code, signal) => {
      resolve(signal ?? `exit code ${String(code)}`);
    });
  });
  if (output.join('') === 'sound') return null;
  const cause = /^\w*Error: (.*)$/m.exec(errors.join(''))?.[1];
  return cause ?? `reading it ended with ${end}`;
}
