/** `npm run bench -- NAME`: runs one bench by its name. */
// Taken out, so that the bench finds its own arguments where it would without this program.
const [wanted = ''] = process.argv.splice(2, 1);
const benches: Readonly<Record<string, () => Promise<unknown>>> = {
  'added-time': () => import('./added-time.js'),
  'beside-runs': () => import('./beside-runs.js'),
  'days-editing': () => import('./days-editing.js'),
  queue: () => import('./queue.js'),
};

const bench = benches[wanted];
if (bench === undefined) {
  process.stderr.write(`There is no bench '${wanted}'; there are: ${Object.keys(benches).join(', ')}.\n`);
  process.exitCode = 2;
} else {
  await bench();
}

export {};
