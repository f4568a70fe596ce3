/** Lets go of a promise that nobody waits for; what goes wrong in it is at least said. */
export function inBackground(task: Promise<unknown>): void {
  task.catch((reason: unknown) => console.warn(reason));
}
