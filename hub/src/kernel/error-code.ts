/**
 * The code of a system error, such as ENOENT. By shape and not by class: an error of another realm (a test's, a
 * worker's) is no instance of this one's Error.
 */
export function errorCode(error: unknown): unknown {
  return typeof error === 'object' && error !== null && 'code' in error ? error.code : null;
}
