/**
 * Pure: monotonic milliseconds that count the time too in which the machine slept, where the monotonic clock of Linux stands
 * still: a lease ends meanwhile. Where the wall clock is put forward, that counts as sleep: a lease then ends early.
 */
export function sleepClock(monotonic: () => number, wall: () => number): () => number {
  const start = { monotonic: monotonic(), wall: wall() };
  let slept = 0;
  return () => {
    const awake = monotonic();
    slept = Math.max(slept, wall() - start.wall - (awake - start.monotonic));
    return awake + slept;
  };
}
