/** Short versions of the tortures of many hubs; the full ones are `npm run torture -- owner-kill` and so on. */
import { expect, test } from '@jest/globals';
import { failuresOf } from './harness/short-run.js';
import { everyFault } from './many-hubs.js';
import { takeover } from './takeover.js';
import { twoHubs } from './two-hubs.js';

// Each of the four once; two with runs that wait at the gate, two with somebody who withdraws what waits.
const [FIRST_SEED, ROUNDS] = [12, 4];

test('[X7] [X11] [X12] a hub that leads is killed, held or cut off, or Redis is killed: each run runs once, and everybody sees one queue', async () => {
  expect(await failuresOf(everyFault, FIRST_SEED, ROUNDS)).toEqual([]);
}, 240_000);

test('[X7] when the leading hub is killed, another one soon starts what people ask for', async () => {
  expect(await failuresOf(takeover({ mostBeyondMs: 20_000 }), 1, 1)).toEqual([]);
}, 240_000);

test('[X1] [X6] many people at two hubs see the same notebook when one of them is killed, and nothing is lost', async () => {
  expect(await failuresOf(twoHubs({ clients: 15, mostBackMs: 30_000 }), 1, 1)).toEqual([]);
}, 240_000);
