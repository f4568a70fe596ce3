/** What the lockfile must hold so that `npm ci` works on every platform, from any registry, on Node 20. */
import { expect, test } from '@jest/globals';
import { existsSync, readFileSync } from 'node:fs';
import { satisfies, minVersion, valid } from 'semver';
import { repository } from '../end-to-end/support/repository.js';

interface Entry {
  readonly version?: string;
  readonly optional?: boolean;
  readonly engines?: { readonly node?: string };
}

interface Manifest {
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
  readonly overrides?: Readonly<Record<string, string | Readonly<Record<string, string>>>>;
}

const text = readFileSync(`${repository.root}package-lock.json`, 'utf8');
const { packages }: { readonly packages: Readonly<Record<string, Entry>> } = JSON.parse(text);

/** How each package with native parts names them for Linux x64 and arm64, macOS x64 and arm64, Windows x64. */
const natives: Readonly<Record<string, readonly string[]>> = {
  esbuild: ['linux-x64', 'linux-arm64', 'darwin-x64', 'darwin-arm64', 'win32-x64'].map((name) => `@esbuild/${name}`),
  lmdb: ['linux-x64', 'linux-arm64', 'darwin-x64', 'darwin-arm64', 'win32-x64'].map((name) => `@lmdb/lmdb-${name}`),
  '@lydell/node-pty': ['linux-x64', 'linux-arm64', 'darwin-x64', 'darwin-arm64', 'win32-x64'].map(
    (name) => `@lydell/node-pty-${name}`,
  ),
  deno: ['linux-x64-glibc', 'linux-arm64-glibc', 'darwin-x64', 'darwin-arm64', 'win32-x64'].map(
    (name) => `@deno/${name}`,
  ),
  '@swc/core': byToolchain('@swc/core-'),
  rolldown: byToolchain('@rolldown/binding-'),
  lightningcss: byToolchain('lightningcss-'),
  'unrs-resolver': byToolchain('@unrs/resolver-binding-'),
  'oxc-parser': byToolchain('@oxc-parser/binding-'),
  'oxc-resolver': byToolchain('@oxc-resolver/binding-'),
};

function byToolchain(prefix: string): readonly string[] {
  const platforms = ['linux-x64-gnu', 'linux-arm64-gnu', 'darwin-x64', 'darwin-arm64', 'win32-x64-msvc'];
  return platforms.map((platform) => prefix + platform);
}

test.each(Object.entries(natives))('the lockfile holds the native packages of %s for each platform', (name, parts) => {
  const version = packages[`node_modules/${name}`]?.version;
  expect(version).toBeDefined();
  for (const part of parts) expect([part, packages[`node_modules/${part}`]?.version]).toEqual([part, version]);
});

test('zeromq carries its native parts for each platform inside the package', () => {
  for (const platform of ['linux/x64', 'linux/arm64', 'darwin/x64', 'darwin/arm64', 'win32/x64']) {
    expect([platform, existsSync(`${repository.root}node_modules/zeromq/build/${platform}/node`)]).toEqual([
      platform,
      true,
    ]);
  }
});

test('no line of the lockfile names a host', () => {
  const lines = text.split('\n').filter((line) => /"resolved":\s*"(?!(clients|hub|proto))/.test(line));
  expect(lines).toEqual([]);
});

const manifests = ['', 'proto/', 'hub/', 'clients/core/', 'clients/cli/', 'clients/web/'];

test.each(manifests)('each version in %spackage.json is exact', (folder) => {
  const manifest: Manifest = JSON.parse(readFileSync(`${repository.root}${folder}package.json`, 'utf8'));
  const overrides = Object.values(manifest.overrides ?? {}).flatMap((value) =>
    typeof value === 'string' ? [value] : Object.values(value),
  );
  const named = [...Object.values(manifest.dependencies ?? {}), ...Object.values(manifest.devDependencies ?? {})];
  const loose = [...named, ...overrides].filter((version) => valid(version) === null);
  expect(loose).toEqual([]);
});

test('every package that is installed runs on some Node 20', () => {
  const tooNew = Object.entries(packages).flatMap(([path, { engines, optional }]) =>
    optional === true || engines?.node === undefined || runsOnNode20(engines.node) ? [] : [`${path} ${engines.node}`],
  );
  expect(tooNew).toEqual([]);
});

function runsOnNode20(range: string): boolean {
  return satisfies('20.20.0', range) || minVersion(range)?.major === 20;
}
