/**
 * Pure: the tables of docs/reliability.md, written from the results of the long runs. A table stands between
 * `<!-- NAME: written by scripts/reliability.mjs -->` and `<!-- end of NAME -->`.
 */

/**
 * @typedef {{ readonly seed: number, readonly what: string, readonly failure: string | null,
 *   readonly figures: Readonly<Record<string, number>> }} RoundResult
 * @typedef {{ readonly torture: string, readonly wanted: number, readonly rounds: readonly RoundResult[],
 *   readonly machine: { readonly date: string, readonly cokernel: string, readonly node: string,
 *   readonly platform: string, readonly cores: number, readonly memoryGb: number } }} TortureResult
 */

/** More kinds of rounds than this are told in one column. */
const MOST_COLUMNS = 4;

/**
 * @param {string} page
 * @param {readonly TortureResult[]} results
 */
export function withTables(page, results) {
  return page.replace(
    /<!-- ([\w-]+): written by [^>]*-->\n[^]*?<!-- end of \1 -->/g,
    (_, /** @type {string} */ name) => {
      const result = results.find(({ torture }) => torture === name);
      const lines = result === undefined ? ['It has not been run yet.'] : describe(result);
      return [`<!-- ${name}: written by scripts/reliability.mjs -->`, ...lines, `<!-- end of ${name} -->`].join('\n');
    },
  );
}

/** @param {TortureResult} result */
function describe({ wanted, rounds, machine }) {
  const { date, cokernel, node, platform, cores, memoryGb } = machine;
  const failed = rounds.filter(({ failure }) => failure !== null);
  const failures = failed.length === 0 ? 'none failed' : `failed: seeds ${failed.map(({ seed }) => seed).join(', ')}`;
  return [
    `${rounds.length} of ${wanted} rounds, ${failures}. ${date}, Cokernel ${cokernel}, Node ${node}, ${platform}, ` +
      `${cores} cores, ${memoryGb} GB.`,
    '',
    ...tableOf(rounds.filter(({ failure }) => failure === null)),
  ];
}

/** @param {readonly RoundResult[]} rounds */
function tableOf(rounds) {
  const kinds = [...new Set(rounds.map(({ what }) => what))];
  const columns = kinds.length <= MOST_COLUMNS ? kinds : ['all'];
  const names = [...new Set(rounds.flatMap(({ figures }) => Object.keys(figures)))];
  const rows = names.map((name) => {
    const cells = columns.map((column) => {
      const own = rounds.filter(({ what }) => column === 'all' || what === column);
      return cellOf(own.flatMap(({ figures }) => figures[name] ?? []));
    });
    return `| ${inWords(name)} | ${cells.join(' | ')} |`;
  });
  const head = columns.map((column) => `${column}: median (most)`);
  return [`| figure | ${head.join(' | ')} |`, `|---${'|---'.repeat(columns.length)}|`, ...rows];
}

/** @param {readonly number[]} values */
function cellOf(values) {
  const sorted = [...values].sort((one, other) => one - other);
  const median = sorted[Math.floor(sorted.length / 2)];
  const most = sorted.at(-1);
  return median === undefined || most === undefined ? '' : `${short(median)} (${short(most)})`;
}

/** @param {number} value */
function short(value) {
  return value < 10 && !Number.isInteger(value) ? value.toFixed(1) : String(Math.round(value));
}

/**
 * `quietP99Ms` → `quiet p99, ms`.
 * @param {string} name
 */
function inWords(name) {
  const words = name.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
  return words.replace(/ (ms|mb)$/, (_, /** @type {string} */ unit) => (unit === 'mb' ? ', MB' : ', ms'));
}
