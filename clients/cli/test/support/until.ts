/** Waits for a condition; says what it waited for, and what there was instead, when it does not come. */
export async function until(what: string, condition: () => boolean, state: () => string = () => ''): Promise<void> {
  const patienceMs = 45_000;
  const end = Date.now() + patienceMs;
  while (!condition()) {
    if (Date.now() > end) throw new Error(`waited in vain for ${what}; there was:\n${state()}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
