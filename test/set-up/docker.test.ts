/**
 * The image, as far as it can be tried without an engine: every RUN is a script of the repository, each script is sound
 * shell, and those that touch nothing of the system are run.
 */
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { execFileSync } from 'node:child_process';
import { accessSync, constants, existsSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { repository } from '../end-to-end/support/repository.js';
import { read } from '../../scripts/rules/sources.mjs';

const dockerfile = read('docker/Dockerfile').text;
const scriptNames = readdirSync(`${repository.root}docker/scripts`);

let scratch: string;

beforeEach(() => {
  scratch = mkdtempSync(join(tmpdir(), 'cokernel-docker-'));
});

afterEach(() => {
  rmSync(scratch, { recursive: true, force: true });
});

function run(script: string, ...args: readonly string[]): void {
  const npmCache = { npm_config_prefer_offline: 'true' };
  const file = `${repository.root}docker/scripts/${script}`;
  execFileSync(file, args, {
    cwd: repository.root,
    stdio: 'pipe',
    env: { ...process.env, ...npmCache, NODE_OPTIONS: '' },
  });
}

/** The instructions of one kind, each with its continued lines. */
function instructions(kind: string): readonly string[] {
  const lines = dockerfile.replaceAll(/\\\n\s*/g, ' ').split('\n');
  return lines.filter((line) => line.startsWith(`${kind} `)).map((line) => line.slice(kind.length + 1));
}

test('every RUN of the Dockerfile is one script of the repository, and every script is one of them', () => {
  const called = instructions('RUN').map(
    (command) => /^\S*scripts\/([\w-]+\.sh)( [\w/.-]+)*$/.exec(command)?.[1] ?? command,
  );
  expect([...called].sort()).toEqual([...scriptNames].sort());
});

test.each(scriptNames)('docker/scripts/%s can be run and is sound shell', (name) => {
  const file = `${repository.root}docker/scripts/${name}`;
  expect(() => {
    accessSync(file, constants.X_OK);
  }).not.toThrow();
  execFileSync('sh', ['-n', file]);
  expect(read(`docker/scripts/${name}`).text).toMatch(/^#!\/bin\/sh\n# .+\nset -eu\n/);
});

test('the image has several stages, ends as a user that is not root, and copies nothing that the clone lacks', () => {
  expect(instructions('FROM').length).toBeGreaterThan(1);
  expect(instructions('USER').at(-1)).toBe('node');
  const fromClone = instructions('COPY').filter((paths) => !paths.startsWith('--from'));
  const sources = fromClone.flatMap((paths) =>
    paths
      .split(' ')
      .filter((part) => !part.startsWith('--'))
      .slice(0, -1),
  );
  expect(sources.filter((source) => !existsSync(repository.root + source))).toEqual([]);
});

test('folders are made for their user alone', () => {
  run('make-folders.sh', userInfo().username, join(scratch, 'data'), join(scratch, 'notebooks'));
  expect(statSync(join(scratch, 'data')).mode & 0o777).toBe(0o700);
  expect(statSync(join(scratch, 'notebooks')).uid).toBe(userInfo().uid);
});

test('what is kept for running is enough to start the hub and the terminal', () => {
  run('build.sh');
  run('keep-what-runs.sh', repository.root, scratch);
  for (const program of ['hub/dist/main.js', 'clients/cli/bin/cokernel.js']) {
    const said = execFileSync(process.execPath, [join(scratch, program), '--help'], { encoding: 'utf8', cwd: scratch });
    expect(said).toMatch(/--help/);
  }
  expect(existsSync(join(scratch, 'hub/dist/keeper.js'))).toBe(true);
  expect(existsSync(join(scratch, 'clients/web/dist/index.html'))).toBe(true);
  expect(existsSync(join(scratch, 'node_modules/jest'))).toBe(false);
}, 240_000);
