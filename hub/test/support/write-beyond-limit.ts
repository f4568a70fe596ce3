/**
 * Puts runs into an embedded queue in a folder until it is refused, on a system that lets no file grow beyond a limit
 * (`ulimit -f`): says how many were taken, why no more, and what became of three steps after that.
 */
import { pino } from 'pino';
import { setTimeout as pause } from 'node:timers/promises';
import { openEmbeddedStore } from '../../src/storage/embedded/open-embedded-store.js';
import { newHubId, newKernelId, newRequestId, queuedRun } from './queued-run.js';

const [directory = ''] = process.argv.slice(2);
const store = await openEmbeddedStore({ directory, onNotice: () => undefined, log: pino({ level: 'silent' }) });
const kernelId = newKernelId();
const enqueue = () => store.runQueue.enqueue(kernelId, newRequestId(), [queuedRun({ source: 'x'.repeat(20_000) })]);
const claim = () => store.leases.claim({ kind: 'kernel', id: newKernelId() }, newHubId(), 1_000, 0);

let taken = 0;
let refusal: unknown = null;
while (refusal === null) {
  await enqueue().then(
    () => (taken += 1),
    (error: unknown) => (refusal = error),
  );
}
const steps = await Promise.allSettled([enqueue(), claim(), enqueue()]);
await pause(500);
const [name, cause] = refusal instanceof Error ? [refusal.name, String(refusal.cause)] : ['', ''];
process.stdout.write(`${JSON.stringify({ taken, name, cause, steps: steps.map(({ status }) => status) })}\n`);
