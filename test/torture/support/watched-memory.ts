/** The memory of a hub and its keeper, looked at from outside all the time. */
import type { BesiegedHub } from './besieged-hub.js';
import { rssMb } from './sizes.js';

const LOOK_EVERY_MS = 500;

export interface Memory {
  readonly hubStartMb: number;
  readonly hubPeakMb: number;
  readonly keeperStartMb: number;
  readonly keeperPeakMb: number;
}

export async function watchMemory(hub: BesiegedHub): Promise<{ end(): Memory }> {
  const keeperPid = await hub.keeperPid();
  const look = (): readonly [number, number] => [rssMb(hub.pid), rssMb(keeperPid)];
  const [hubStartMb, keeperStartMb] = look();
  let [hubPeakMb, keeperPeakMb] = [hubStartMb, keeperStartMb];
  const timer = setInterval(() => {
    const [hubMb, keeperMb] = look();
    hubPeakMb = Math.max(hubPeakMb, hubMb);
    keeperPeakMb = Math.max(keeperPeakMb, keeperMb);
  }, LOOK_EVERY_MS);
  return {
    end: () => {
      clearInterval(timer);
      return { hubStartMb, hubPeakMb, keeperStartMb, keeperPeakMb };
    },
  };
}
