/** Pure: the ids of rules in the titles of tests, as they stand in a test's source. */

/**
 * The titles of tests and suites that begin with ids: `'[J7] [X6] an execution is over when …'`.
 * @param {string} source
 * @returns {readonly string[]}
 */
export function titlesWithIds(source) {
  const found = [...source.matchAll(/(['"`])((?:\[[A-Z]\d+\] ?)+[^\n]*?)(?<!\\)\1/g)];
  return found.map(([, , title = '']) => title.replaceAll("\\'", "'"));
}

/**
 * @param {string} title
 * @returns {readonly string[]}
 */
export function idsOf(title) {
  return [...title.matchAll(/\[([A-Z]\d+)\]/g)].map(([, id = '']) => id);
}
