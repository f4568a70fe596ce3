/**
 * What set-up tells: one line a step, on stderr so that stdout stays the hub's; and the one kind of failure that a
 * person can mend, `SetUpError`, whose message is always two lines: what is missing, and what to do.
 */

export class SetUpError extends Error {
  /**
   * @param {string} problem
   * @param {string} remedy
   */
  constructor(problem, remedy) {
    super(`${problem}\n${remedy}`);
  }
}

/**
 * @typedef {{ readonly changed: boolean, readonly detail: string }} StepResult
 *   `changed` is false when the step found its work done.
 */

/**
 * Runs one step and reports it.
 * @template {StepResult} R
 * @param {string} name
 * @param {() => R | Promise<R>} step
 * @returns {Promise<R>}
 */
export async function runStep(name, step) {
  const begun = performance.now();
  const result = await step();
  const seconds = ((performance.now() - begun) / 1000).toFixed(1);
  const mark = result.changed ? `done in ${seconds} s` : 'unchanged';
  if (result.changed || process.env['COKERNEL_VERBOSE']) say(`${name}: ${result.detail} (${mark})`);
  return result;
}

/** @param {string} line */
export function say(line) {
  process.stderr.write(`set-up  ${line}\n`);
}

/**
 * Prints a failure as a person should read it and returns the exit code.
 * @param {unknown} error
 */
export function reportFailure(error) {
  const text = error instanceof SetUpError ? error.message : error instanceof Error ? error.stack : String(error);
  process.stderr.write(`${text}\n`);
  return 1;
}
