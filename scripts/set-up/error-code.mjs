/**
 * Pure: the code of a system error, such as ENOENT, or null. By its shape, not by instanceof: under jest an error of
 * Node's own is not an instance of the test's Error.
 * @param {unknown} error
 * @returns {unknown}
 */
export function errorCode(error) {
  return typeof error === 'object' && error !== null && 'code' in error ? error.code : null;
}
