/** Whether a hub can serve: what it makes of the answers of its parts. */
import { expect, test } from '@jest/globals';
import { Readiness } from '../src/readiness.js';

type Parts = Readonly<Record<string, () => Promise<unknown>>>;

function readiness(parts: Parts, limitMs = 60_000): { readonly ready: Readiness; readonly said: string[] } {
  const said: string[] = [];
  const note = (fields: object, message: string): void => void said.push(`${message} ${JSON.stringify(fields)}`);
  return { ready: new Readiness({ parts, limitMs, log: { info: note, warn: note } }), said };
}

const there = (): Promise<void> => Promise.resolve();
const never = (): Promise<never> => new Promise(() => undefined);

test('[P52] names the parts that are out of reach, and says why in the log alone, once until it changes', async () => {
  let isAway = true;
  const redis = () => (isAway ? Promise.reject(new Error('Redis at host is out of reach')) : there());
  const { ready, said } = readiness({ storage: there, redis });
  expect(await ready.missing()).toEqual(['redis']);
  expect(await ready.missing()).toEqual(['redis']);
  expect(said).toHaveLength(1);
  expect(said[0]).toContain('Redis at host is out of reach');
  isAway = false;
  expect(await ready.missing()).toEqual([]);
  expect(await ready.missing()).toEqual([]);
  expect(said).toHaveLength(2);
});

test('[P52] a part that does not answer in time is missing, and is not asked again before it has answered', async () => {
  let asked = 0;
  const { ready, said } = readiness(
    {
      kernels: () => {
        asked += 1;
        return never();
      },
      folder: there,
    },
    10,
  );
  expect(await Promise.all([ready.missing(), ready.missing()])).toEqual([['kernels'], ['kernels']]);
  expect(await ready.missing()).toEqual(['kernels']);
  expect(asked).toBe(1);
  expect(said).toEqual([expect.stringContaining('no answer for 10 ms')]);
});

test('[P52] a hub that stops is not ready, also for who asked just before', async () => {
  const { ready } = readiness({ storage: there });
  const asked = ready.missing();
  ready.stops();
  expect(await asked).toEqual(['stopping']);
  expect(await ready.missing()).toEqual(['stopping']);
});
