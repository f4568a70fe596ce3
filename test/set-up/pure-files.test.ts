/** A file whose header says `Pure:` takes time and ids as arguments and holds no promise, timer, socket or process. */
import { expect, test } from '@jest/globals';
import { sourceFiles } from '../../scripts/rules/sources.mjs';

const header = /^\/\*\*(?:(?!\*\/)[\s\S])*\bPure:(?:(?!\*\/)[\s\S])*\*\//;
const pure = sourceFiles(/\/src\/.*\.tsx?$/).filter(({ text }) => header.test(text));

/** What has no place in a pure file, and why. */
const impurities: readonly { readonly what: string; readonly where: RegExp }[] = [
  { what: 'a clock', where: /\bDate\.now\(|\bnew Date\(\)|\bperformance\./ },
  { what: 'chance', where: /\bMath\.random\(|\brandomUUID\(|\bgetRandomValues\(/ },
  { what: 'a promise', where: /\bawait\b|\basync\b|\bnew Promise\b|\bPromise\./ },
  { what: 'a timer', where: /\bset(Timeout|Interval|Immediate)\(|\bqueueMicrotask\(/ },
  { what: 'the process or the network', where: /\bprocess\.|\bfetch\(|\bnew WebSocket\(/ },
  { what: 'a built-in that does IO', where: /from 'node:(?!path|buffer|util|assert)/ },
];

test('there are pure files to look at', () => {
  expect(pure.length).toBeGreaterThan(3);
});

test.each(pure.map(({ path, text }) => [path, text] as const))('%s is pure, as its header says', (_path, text) => {
  const code = withoutComments(text);
  const found = impurities.flatMap(({ what, where }) =>
    where.test(code) ? [`${what}: ${where.exec(code)?.[0] ?? ''}`] : [],
  );
  expect(found).toEqual([]);
});

function withoutComments(text: string): string {
  return text.replace(/\/\*[\s\S]*?\*\//g, '').replace(/(^|\s)\/\/.*$/gm, '');
}
